import { wakeSignal } from '../../async/wake-signal.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { Assessor } from './assessor.ts'
import type { DisputeScheduler } from './dispute-scheduler.ts'
import { isGuardedTogether } from './guarded-together.ts'

/**
 * Says which families a change makes worth a look, and when.
 *
 * - Every family of the channel of which the adjudicator holds anything: where it holds nothing, nothing can be refuted.
 * - But a new state only those that it is meant for: whoever locks a stranger's channel must not gain work by each publish.
 * - Not while the stream is behind: what an old block says may be refuted by the next.
 * - Once the stream has caught up for the first time, all families with a record.
 */
export interface FamilyWaker {
  /** A record of the channel changed, or its place in a family. */
  wake(id: ChannelId): void
  /** The states that are held of it changed. */
  wakeForStates(id: ChannelId): void
  /** Before the logs of a step are applied: whether newer ones are known to come. */
  catchingUp(isBehind: boolean): void
  /** After a step that brought the stream up to date. */
  current(): void
  /** Resolves once the stream has caught up for the first time. */
  caughtUp(options?: AbortOptions): Promise<void>
}

export interface FamilyWakerDeps {
  readonly index: Pick<ChannelIndex, 'get' | 'rootsOf' | 'watchedRootsOf' | 'membersOf' | 'entries'>
  readonly assessor: Pick<Assessor, 'forget'>
  readonly disputeScheduler: Pick<DisputeScheduler, 'wake' | 'tick'>
}

export function familyWaker({ index, assessor, disputeScheduler }: FamilyWakerDeps): FamilyWaker {
  /** At first it is: nothing was read yet. */
  let isBehind = true
  /** Channels to look at once the stream is current. */
  const postponed = new Set<ChannelId>()
  const firstCurrent = wakeSignal()

  function wakeRoots(id: ChannelId, isConcerned: (root: ChannelId) => boolean): void {
    const roots = index.rootsOf(id)
    // What was decided on is out of date in any case.
    for (const root of roots) assessor.forget(root)
    if (isBehind) {
      postponed.add(id)
      return
    }
    for (const root of roots) {
      if (!isConcerned(root)) continue
      if (index.membersOf(root).some((member) => member.record !== undefined)) disputeScheduler.wake(root)
    }
  }

  function wake(id: ChannelId): void {
    wakeRoots(id, () => true)
  }

  return {
    wake,
    wakeForStates(id) {
      wakeRoots(id, (root) => isGuardedTogether(index, root, id))
    },
    catchingUp(isBehindNow) {
      isBehind = isBehindNow
    },
    current() {
      const ids = [...postponed]
      postponed.clear()
      for (const id of ids) wake(id)
      if (firstCurrent.count === 0) {
        firstCurrent.wake()
        for (const { id, record } of index.entries()) if (record !== undefined) wake(id)
      }
      disputeScheduler.tick()
    },
    caughtUp: (options) => firstCurrent.after(0, options),
  }
}
