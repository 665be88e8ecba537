import type { WatcherEngine } from '@perun-watcher/core'
import type { Trace } from '../world/trace.ts'

/** So many decisions for each channel that is guarded, and so many besides, from one block to the next. */
const perChannel = 8
const allowance = 60

/** Looks at how much an engine did since the last block: its work must grow with the channels, not with their square. */
export function workMeter(trace: Trace): (engine: WatcherEngine) => void {
  const before = new WeakMap<WatcherEngine, number>()
  return (engine) => {
    const { channels } = engine.stats
    const decisions = new Map(Object.entries(engine.stats)).get('decisions')
    if (decisions === undefined) return
    const made = decisions - (before.get(engine) ?? 0)
    before.set(engine, decisions)
    if (made > perChannel * channels + allowance) {
      trace.violate(`${made} decisions were made within a block about ${channels} channels`)
    }
  }
}
