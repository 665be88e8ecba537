import { type Clock, type ErrorCode, isWatcherError } from '@perun-watcher/core'
import { type SendOptions, toError } from '@perun-watcher/core/adapter'

/** How refutations do, as far as can be seen from outside. */
export interface RefutationView {
  /** Why one failed lately, if since then none was sent and none included. */
  readonly failedBy: Error | undefined
  /** How many first answers have used up so much of their time that something keeps them from being included. */
  readonly late: number
  /** How many were asked for, and no node has taken yet. */
  readonly waiting: number
}

/** One refutation, from the moment at which it was asked for. */
export interface WatchedRefutation {
  sent(): void
  included(): void
  failed(error: unknown): void
}

export interface RefutationWatch {
  readonly view: RefutationView
  /**
   * Times in seconds of chain time.
   *
   * @param now `undefined`: no block was seen yet.
   */
  begin(now: bigint | undefined, options: Pick<SendOptions, 'deadline' | 'purpose'>): WatchedRefutation
}

/** After so long without another failure nobody can say any more that they fail. */
const rememberedMs = 10 * 60_000

/** A refutation that has used up a quarter of its time, and is in no block, is late. */
const lateDivisor = 4n

/** Failures that say nothing of whether the next refutation is answered: first answers are always within the budgets. */
const harmless: ReadonlySet<ErrorCode> = new Set(['REGISTER_REVERTED', 'WATCHER_CLOSED', 'BUDGET_EXCEEDED'])

/** And of what improves an answer that stands, or pays somebody. */
const harmlessLater: ReadonlySet<ErrorCode> = new Set([...harmless, 'DEADLINE_PASSED', 'ACCOUNT_UNDERFUNDED'])

interface Open {
  readonly isFirst: boolean
  readonly begunAtMs: number
  /** `undefined`: how long it has is not known. */
  readonly secondsLeft: bigint | undefined
  isSent: boolean
}

export function refutationWatch(clock: Pick<Clock, 'now'>): RefutationWatch {
  const open = new Set<Open>()
  let failure: { readonly error: Error; readonly atMs: number } | undefined

  const isLate = ({ isFirst, begunAtMs, secondsLeft }: Open): boolean =>
    isFirst &&
    secondsLeft !== undefined &&
    BigInt(Math.floor((clock.now() - begunAtMs) / 1000)) * lateDivisor > secondsLeft

  return {
    begin(now, { deadline, purpose }) {
      const isFirst = purpose === undefined || purpose.rank === 'first-answer'
      const one: Open = {
        isFirst,
        begunAtMs: clock.now(),
        secondsLeft: now === undefined || deadline <= now ? undefined : deadline - now,
        isSent: false,
      }
      open.add(one)
      return {
        sent() {
          one.isSent = true
          failure = undefined
        },
        included() {
          open.delete(one)
          failure = undefined
        },
        failed(error) {
          open.delete(one)
          // What was given up is told with the reason of its signal, which is no error of ours.
          const silent = isFirst ? harmless : harmlessLater
          if (isWatcherError(error) && !silent.has(error.code)) failure = { error: toError(error), atMs: clock.now() }
        },
      }
    },
    view: {
      get failedBy() {
        return failure !== undefined && clock.now() - failure.atMs < rememberedMs ? failure.error : undefined
      },
      get late() {
        return [...open].filter(isLate).length
      },
      get waiting() {
        return [...open].filter(({ isSent }) => !isSent).length
      },
    },
  }
}
