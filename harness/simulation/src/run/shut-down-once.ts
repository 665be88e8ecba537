import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { RunOutcome } from '../checks/outcome.ts'
import { checkShutdown } from '../checks/shutdown.ts'
import type { Judge } from '../judge/judge.ts'
import { newestAcknowledged } from '../parties/household.ts'
import type { WatcherHost } from '../parties/watcher-host.ts'
import type { Scheduler } from '../world/scheduler.ts'
import type { Trace } from '../world/trace.ts'

const minute = 60_000
/** What an end takes beyond its bound. */
const noticeMs = 30_000

export interface ShutDownOnceDeps {
  readonly host: WatcherHost
  readonly time: Scheduler
  readonly dice: Dice
  readonly activeMs: number
  readonly trace: Trace
  readonly outcome: () => RunOutcome
  readonly judge: Judge
}

/** In some runs the operator ends the watcher in an orderly way, mostly during a dispute, and starts it again. */
export function shutDownOnce({ host, time, dice, activeMs, trace, outcome, judge }: ShutDownOnceDeps): void {
  if (!dice.chance(0.4)) return
  const boundMs = dice.chance(0.5) ? dice.int(1, 10_000) : dice.int(10_000, 15 * minute)
  const downMs = dice.int(1_000, 2 * minute)

  function shutDown(): void {
    const askedMs = time.now
    host.shutdown(boundMs, downMs).then(
      (isSettled) => {
        if (time.now > askedMs + boundMs + noticeMs)
          trace.violate(`a shutdown with a bound of ${boundMs} ms did not end`)
        if (!isSettled) return
        for (const violation of checkShutdown(outcome(), judge, { askedMs, endedMs: time.now }))
          trace.violate(violation)
      },
      (error: unknown) => trace.violate(`a shutdown failed: ${String(error)}`),
    )
  }

  const waitForDispute = (): void => {
    if (time.now >= activeMs) shutDown()
    // Late enough for the watcher to know of it, early enough for it to be unfinished.
    else if (hasDispute(outcome())) time.after(dice.int(10_000, 40_000), shutDown)
    else time.after(5_000, waitForDispute)
  }

  const isPatient = dice.chance(0.8)
  time.after(dice.int(Math.min(activeMs, 5 * minute), activeMs), isPatient ? waitForDispute : shutDown)
}

function hasDispute({ households, ledger }: RunOutcome): boolean {
  return households.some((household) =>
    household.family.channels.some(({ id }) => {
      const record = ledger.dispute(id)
      const newest = newestAcknowledged(household, id)?.signed.state.version ?? -1n
      return record?.phase === 'dispute' && record.version < newest && record.timeout > ledger.head.timestamp
    }),
  )
}
