import { firstOf } from '../../async/first-of.ts'
import type { Lifetime } from '../../async/lifetime.ts'
import { wakeSignal } from '../../async/wake-signal.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { AbortOptions, Clock, Logger } from '../../spi/runtime.ts'
import type { ChainClock } from '../chain/chain-clock.ts'
import type { RecordReader } from '../chain/record-reader.ts'
import type { ChannelEntry, ChannelIndex } from '../channels/channel-index.ts'
import type { Assessor } from './assessor.ts'
import type { DisputeScheduler } from './dispute-scheduler.ts'
import { isGuardedTogether } from './guarded-together.ts'

/**
 * Says which families a change makes worth a look, and when.
 *
 * - Every family of the channel of which the adjudicator holds anything: where it holds nothing, nothing can be refuted.
 * - But a new state only those that it is meant for: whoever locks a stranger's channel must not gain work by each publish.
 * - Not while the stream is behind: what an old block says may be refuted by the next. Except families of which all records
 *   were read near the head, and not for ever: a stream that is behind for long may stay so, and windows close meanwhile.
 * - Once the stream has caught up for the first time, all families with a record.
 */
export interface FamilyWaker {
  /** A record of the channel changed, or its place in a family. */
  wake(id: ChannelId): void
  /** The states that are held of it changed. */
  wakeForStates(id: ChannelId): void
  /** Its record was read, whatever that brought: with it a family may be known well enough to be looked at. */
  wakeForReading(id: ChannelId): void
  /** Before the logs of a step are applied: whether newer ones are known to come. */
  catchingUp(isBehind: boolean): void
  /** After a step that brought the stream up to date. */
  current(): void
  /** Resolves once the stream has caught up for the first time. */
  caughtUp(options?: AbortOptions): Promise<void>
}

export interface FamilyWakerDeps {
  readonly index: Pick<ChannelIndex, 'get' | 'rootsOf' | 'watchedRootsOf' | 'membersOf' | 'membersOfAll' | 'entries'>
  readonly assessor: Pick<Assessor, 'forget'>
  readonly disputeScheduler: Pick<DisputeScheduler, 'wake' | 'tick'>
  readonly recordReader: Pick<RecordReader, 'tryReading' | 'readInBackground'>
  readonly chainClock: Pick<ChainClock, 'head'>
  readonly clock: Clock
  readonly lifetime: Lifetime
  readonly logger: Logger
}

/** Milliseconds by the clock for which disputes wait for a stream that is behind: much less than any sensible window. */
const mostBehindMs = 30_000

/** Milliseconds that the readings after that may take: an endpoint that hangs must not hold the family as well. */
const readPatienceMs = 5_000

/** How far below the newest block a record may have been read to count as read there. */
const blocksNearHead = 32n

export function familyWaker(deps: FamilyWakerDeps): FamilyWaker {
  const { index, assessor, disputeScheduler, recordReader, chainClock, clock, lifetime, logger } = deps
  /** At first it is: nothing was read yet. */
  let isBehind = true
  /** Since when, to be ended by the next step that is not; and whether that has been too long. */
  let waiting: AbortController | undefined
  let isOverdue = false
  /** Families to look at once the stream is current. */
  const postponed = new Set<ChannelId>()
  const firstCurrent = wakeSignal()

  const registeredOf = (root: ChannelId): readonly ChannelEntry[] =>
    index.membersOf(root).filter((member) => member.record !== undefined)

  function isNearHead({ record, readAt }: ChannelEntry): boolean {
    const head = chainClock.head?.number
    // Without the hash the record is that of a log, which may be older than the reading.
    if (head === undefined || readAt === undefined || record?.stateHash === undefined) return false
    return readAt + blocksNearHead >= head
  }

  /** @param isResumed whether its records may be from before this process. */
  function wakeRoot(root: ChannelId, isResumed = false): void {
    const registered = registeredOf(root)
    if (isBehind && !isOverdue) {
      const stale = registered.filter((member) => !isNearHead(member))
      if (registered.length === 0 || stale.length > 0) {
        postponed.add(root)
        for (const { id } of stale) recordReader.readInBackground(id)
        return
      }
    }
    if (registered.length > 0) disputeScheduler.wake(root, { isResumed })
  }

  function wakeRoots(id: ChannelId, isConcerned: (root: ChannelId) => boolean, isResumed = false): void {
    const roots = index.rootsOf(id)
    // What was decided on is out of date in any case.
    for (const root of roots) assessor.forget(root)
    // Families may be many and have nearly all of their members in common.
    if (!isBehind && !index.membersOfAll(roots).some(({ record }) => record !== undefined)) return
    for (const root of roots) if (isConcerned(root)) wakeRoot(root, isResumed)
  }

  function release(): readonly ChannelId[] {
    const roots = [...postponed]
    postponed.clear()
    return roots
  }

  /** Looks at a family with its records as they are now, as far as they can be read. */
  async function readAndWake(root: ChannelId): Promise<void> {
    const ids = registeredOf(root).map(({ id }) => id)
    const reading = lifetime.run((signal) =>
      firstOf(signal, [
        async (options) => {
          await Promise.all(ids.map((id) => recordReader.tryReading(id, options.signal)))
        },
        (options) => clock.sleep(readPatienceMs, options),
      ]),
    )
    await reading.catch(() => {})
    if (lifetime.isOver) return
    assessor.forget(root)
    wakeRoot(root)
  }

  function wakeAllAnew(): void {
    const roots = new Set(release())
    for (const { id, record } of index.entries()) {
      if (record !== undefined) for (const root of index.rootsOf(id)) roots.add(root)
    }
    for (const root of roots) void readAndWake(root)
  }

  async function endWaiting({ signal: caughtUp }: AbortController): Promise<void> {
    const sleeping = lifetime.run((signal) =>
      clock.sleep(mostBehindMs, { signal: AbortSignal.any([signal, caughtUp]) }),
    )
    // A clock that fails must not put disputes off for ever either.
    await sleeping.catch(() => {})
    if (caughtUp.aborted || lifetime.isOver) return
    isOverdue = true
    logger.warn('The chain stream does not catch up; disputes are decided on what is known', {})
    wakeAllAnew()
  }

  function wake(id: ChannelId): void {
    wakeRoots(id, () => true)
  }

  return {
    wake,
    wakeForStates(id) {
      wakeRoots(id, (root) => isGuardedTogether(index, root, id))
    },
    wakeForReading(id) {
      // Otherwise what it brought has woken them already.
      if (isBehind && !isOverdue) wake(id)
    },
    catchingUp(isBehindNow) {
      isBehind = isBehindNow
      if (isBehind) {
        if (waiting !== undefined) return
        waiting = new AbortController()
        void endWaiting(waiting)
        return
      }
      waiting?.abort()
      waiting = undefined
      isOverdue = false
    },
    current() {
      for (const root of release()) {
        assessor.forget(root)
        wakeRoot(root)
      }
      if (firstCurrent.count === 0) {
        firstCurrent.wake()
        for (const { id, record } of index.entries()) if (record !== undefined) wakeRoots(id, () => true, true)
      }
      disputeScheduler.tick()
    },
    caughtUp: (options) => firstCurrent.after(0, options),
  }
}
