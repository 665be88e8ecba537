import type { Lifetime } from '../../async/lifetime.ts'
import { type WakeSignal, wakeSignal } from '../../async/wake-signal.ts'
import { toError } from '../../errors/watcher-error.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { EndangeredReason } from '../../model/events.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { Assessment } from './assessor.ts'
import type { DisputeDeps } from './dispute-context.ts'
import { type DisputeStatus, runDispute } from './run-dispute.ts'

/** Runs one dispute per family: families side by side, the steps of one family one after the other. */
export interface DisputeScheduler {
  /** Something of the family changed: look at it. */
  wake(root: ChannelId): void
  /** A block came. */
  tick(): void
  /** Whether the family's last attempt failed. */
  hasFailed(root: ChannelId): boolean
  isUnderWay(root: ChannelId): boolean
  /** Whether the family has a dispute under way, or a problem that may still be solved. */
  isOpen(root: ChannelId): boolean
  /** The families that are open. */
  readonly open: readonly ChannelId[]
  /** Resolves when no dispute of these families is under way. */
  atRest(roots: readonly ChannelId[], options?: AbortOptions): Promise<void>
  /** Resolves when no dispute at all is under way. */
  allAtRest(options?: AbortOptions): Promise<void>
}

interface Dispute {
  readonly changes: WakeSignal
  readonly heads: WakeSignal
  readonly status: DisputeStatus
}

/** Problems that neither time nor a client can solve. */
const hopelessReasons: ReadonlySet<EndangeredReason> = new Set(['too-late', 'same-version'])

export interface DisputeSchedulerDeps extends DisputeDeps {
  readonly lifetime: Lifetime
}

export function disputeScheduler(deps: DisputeSchedulerDeps): DisputeScheduler {
  const { lifetime, logger } = deps
  const underWay = new Map<ChannelId, Dispute>()
  /** Families to look at again with every block: a problem may be solved, or its window may close. */
  const waiting = new Set<ChannelId>()
  const ended = wakeSignal()

  async function work(root: ChannelId, dispute: Dispute, signal: AbortSignal): Promise<void> {
    let last: Assessment
    let seen: number
    do {
      seen = dispute.changes.count
      last = await runDispute({ ...deps, root, changes: dispute.changes, heads: dispute.heads, signal }, dispute.status)
    } while (dispute.changes.count > seen)
    close(root, last.yields || last.problems.some(({ reason }) => !hopelessReasons.has(reason)))
  }

  /** In one step: whoever wakes the family before this reaches the dispute, whoever does so after starts a new one. */
  function close(root: ChannelId, isOpen: boolean): void {
    underWay.delete(root)
    if (isOpen) waiting.add(root)
    ended.wake()
  }

  function start(root: ChannelId): void {
    const dispute = { changes: wakeSignal(), heads: wakeSignal(), status: { hasFailed: false } }
    underWay.set(root, dispute)
    waiting.delete(root)
    lifetime
      .run((signal) => work(root, dispute, signal))
      .catch((error: unknown) => {
        if (!lifetime.isOver) {
          logger.error('Dispute interrupted; it is resumed with the next block', { root }, toError(error))
        }
        close(root, true)
      })
  }

  async function restOf(isConcerned: (root: ChannelId) => boolean, options: AbortOptions): Promise<void> {
    for (;;) {
      const seen = ended.count
      if (![...underWay.keys()].some(isConcerned)) return
      await ended.after(seen, options)
    }
  }

  return {
    wake(root) {
      const dispute = underWay.get(root)
      if (dispute === undefined) start(root)
      else dispute.changes.wake()
    },
    tick() {
      for (const { heads } of underWay.values()) heads.wake()
      for (const root of [...waiting]) start(root)
    },
    hasFailed: (root) => underWay.get(root)?.status.hasFailed ?? false,
    get open() {
      return [...new Set([...underWay.keys(), ...waiting])]
    },
    isOpen: (root) => underWay.has(root) || waiting.has(root),
    isUnderWay: (root) => underWay.has(root),
    atRest: (roots, options = {}) => restOf((root) => roots.includes(root), options),
    allAtRest: (options = {}) => restOf(() => true, options),
  }
}
