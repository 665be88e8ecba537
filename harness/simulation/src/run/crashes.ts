import type { ChannelId } from '@perun-watcher/core'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { WatcherHost } from '../parties/watcher-host.ts'
import type { Ledger } from '../world/ledger.ts'
import type { Scheduler } from '../world/scheduler.ts'
import type { Trace } from '../world/trace.ts'
import type { Omission } from './options.ts'

const minute = 60_000

/** At any moment. */
export function crashSometimes(host: WatcherHost, time: Scheduler, dice: Dice, activeMs: number): void {
  for (let count = dice.int(0, 4); count > 0; count--) {
    const downMs = dice.int(100, 2 * minute)
    time.after(dice.int(0, activeMs), () => host.crash(downMs))
  }
}

/** In some runs the process tends to die while it works on a dispute. */
export function crashesUponCheats(
  host: WatcherHost,
  time: Scheduler,
  dice: Dice,
  without: readonly Omission[],
): () => void {
  const isFrail = dice.chance(0.3) && !without.includes('crashes')
  return () => {
    if (!isFrail || !dice.chance(0.3)) return
    const downMs = dice.int(100, minute)
    time.after(dice.int(1_000, minute), () => host.crash(downMs))
  }
}

export interface CrashesUponLogsDeps {
  readonly host: () => Pick<WatcherHost, 'crash'>
  readonly time: Scheduler
  readonly dice: Dice
  readonly trace: Trace
  readonly ledger: Ledger
  readonly without: readonly Omission[]
  readonly ids: ReadonlySet<ChannelId>
}

/** In some runs it dies while it is still busy with what a block has told it: what is in memory only is lost. */
export function crashesUponLogs({ host, time, dice, trace, ledger, without, ids }: CrashesUponLogsDeps): () => void {
  let left = dice.chance(0.3) && !without.includes('crashes') ? dice.int(1, 5) : 0
  let looked = 0
  return () => {
    const blocks = ledger.blocks.slice(looked)
    looked = ledger.blocks.length
    const isNews = blocks.some(({ logs }) => logs.some(({ channelId }) => ids.has(channelId)))
    if (left === 0 || !isNews || !dice.chance(0.15)) return
    left -= 1
    trace.meet('fault: crash upon a log')
    time.after(dice.int(1, 1_500), () => host().crash(dice.int(100, minute)))
  }
}
