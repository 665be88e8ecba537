import type { AdjudicatorLog, ChannelId } from '@perun-watcher/core'
import {
  type AdjudicatorSubscription,
  type BlockStep,
  type ChainStep,
  type WakeSignal,
  wakeSignal,
} from '@perun-watcher/core/adapter'

/** What a subscription told so far, and what the ledger holds according to it. */
export interface StepLog {
  readonly steps: readonly ChainStep[]
  readonly blocks: readonly BlockStep[]
  /** The logs that stand, in the order in which they were told. */
  of(id: ChannelId): readonly AdjudicatorLog[]
  /** Waits for a step after which something is true. Rejects where the subscription ends before. */
  until(isTrue: () => boolean): Promise<void>
  /** Resolves when the subscription has ended; rejects where it failed. */
  readonly ended: Promise<void>
  close(): Promise<void>
}

const sameLog = (a: AdjudicatorLog, b: AdjudicatorLog): boolean =>
  a.block.hash === b.block.hash && a.logIndex === b.logIndex

export function stepLog(subscription: AdjudicatorSubscription): StepLog {
  const steps: ChainStep[] = []
  const told: WakeSignal = wakeSignal()
  let logs: readonly AdjudicatorLog[] = []
  let isOver = false

  function apply({ removed, added }: BlockStep): void {
    logs = [...logs.filter((log) => !removed.some((gone) => sameLog(gone, log))), ...added]
  }

  async function read(): Promise<void> {
    try {
      for await (const step of subscription) {
        steps.push(step)
        if (step.type === 'block') apply(step)
        told.wake()
      }
    } finally {
      isOver = true
      told.wake()
    }
  }

  const ended = read()
  // Awaited by who closes it.
  ended.catch(() => {})

  return {
    steps,
    get blocks() {
      return steps.filter((step) => step.type === 'block')
    },
    of: (id) => logs.filter(({ channelId }) => channelId === id),
    async until(isTrue) {
      for (;;) {
        const { count } = told
        if (isTrue()) return
        if (isOver) throw new Error('The stream ended before it told what was expected.')
        await told.after(count, {})
      }
    },
    ended,
    close: () => subscription.close(),
  }
}
