import type { WatcherEngine } from '@perun-watcher/core'
import type { Trace } from '../world/trace.ts'

/** So many decisions for each channel that is guarded, and so many besides, from one block to the next. */
const perChannel = 10
const allowance = 60
/** As often as in a block the engine may look again by its clock while none comes: every other second. */
const roundMs = 20_000

/** Looks at how much an engine did since the last block: its work must grow with the channels, not with their square. */
export function workMeter(trace: Trace, now: () => number): (engine: WatcherEngine) => void {
  const before = new WeakMap<
    WatcherEngine,
    { readonly channels: number; readonly decisions: number; readonly atMs: number }
  >()
  return (engine) => {
    const { channels, decisions } = engine.stats
    const last = before.get(engine) ?? { channels, decisions: 0, atMs: now() }
    before.set(engine, { channels, decisions, atMs: now() })
    // Some may have been let go since.
    const most = Math.max(channels, last.channels)
    const made = decisions - last.decisions
    const rounds = 1 + (now() - last.atMs) / roundMs
    if (made > rounds * (perChannel * most + allowance)) {
      trace.violate(`${made} decisions were made within a block about ${most} channels`)
    }
  }
}
