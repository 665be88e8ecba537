import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import type { Lifetime } from '../../async/lifetime.ts'
import { type RetryDeps, retry } from '../../async/retry.ts'
import { semaphore } from '../../async/semaphore.ts'
import { isWatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId, ClientName, StateHash, TransactionHash } from '../../model/brand.ts'
import type { SignedState, Transaction } from '../../model/channel.ts'
import type { AdjudicatorLog } from '../../model/ledger.ts'
import type { ChannelBackend } from '../../spi/chain.ts'
import type { Logger } from '../../spi/runtime.ts'
import type { ChannelBook, HeldChannel } from '../channels/channel-book.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import { lineOf, type NumberedLine } from '../channels/lines.ts'
import type { StateChecker } from '../channels/state-checker.ts'
import type { Notifier } from '../notifications/notifier.ts'
import type { ChainReader } from './with-read-timeout.ts'

/**
 * Takes states from the chain that we do not hold: a newer one becomes our newest, and the registered one is kept because
 * a tree may have to repeat it exactly. A bonus, never a condition: refutations do not wait for it.
 */
export interface StateLearner {
  /** Transactions that are being looked into. */
  readonly size: number
  /** Looks into the transaction behind a log, in the background. */
  learn(log: AdjudicatorLog): void
  /**
   * The same, once.
   *
   * @returns the hashes of the states that the transaction registered of the log's channel, whether they are kept or not.
   * @throws what the ledger or the store throws.
   */
  recover(log: AdjudicatorLog, signal: AbortSignal): Promise<ReadonlySet<StateHash>>
}

export interface StateLearnerDeps extends RetryDeps {
  readonly reader: ChainReader
  readonly backend: ChannelBackend
  readonly index: Pick<ChannelIndex, 'get' | 'payersOf'>
  readonly book: Pick<ChannelBook, 'read' | 'commit'>
  readonly stateChecker: StateChecker
  readonly mutex: KeyedMutex<ChannelId>
  readonly notifier: Pick<Notifier, 'notify'>
  readonly logger: Logger
  readonly lifetime: Lifetime
}

/**
 * The newest version of each line that clients know of, while states of a transaction are tried again: whoever reads the
 * channel between two tries may find a state that a write reported as failed has left, and it has to be told all the same.
 */
type KnownVersions = Map<string, bigint>

/** A transaction may carry hundreds of channels, and refutations need the endpoint more. */
const recoveriesAtOnce = 4

/** While more transactions than these are looked into, what they show is not kept in memory from one try to the next. */
const mostRemembered = 256

/** With growing pauses, a quarter of an hour; what a tree still needs then is sought on: `state-seeker.ts`. */
const mostTries = 30

export function stateLearner(deps: StateLearnerDeps): StateLearner {
  const { backend, reader, index, book } = deps
  const underWay = new Set<TransactionHash>()
  const permits = semaphore<ClientName>(recoveriesAtOnce)

  /** The line of the channel that a state belongs to; `undefined`: the channel is not held, or not with these funds. */
  async function heldLine(
    { state }: SignedState,
    signal: AbortSignal,
  ): Promise<{ readonly channel: HeldChannel; readonly line: NumberedLine } | undefined> {
    const channel = await book.read(state.channelId, { signal })
    const line = channel && lineOf(channel.stored, state)
    return line && { channel, line }
  }

  async function adopt(candidate: SignedState, known: KnownVersions, signal: AbortSignal): Promise<void> {
    const { state, sigs } = candidate
    const before = await heldLine(candidate, signal)
    if (before === undefined) return
    const key = `${state.channelId} ${before.line.number}`
    const versionBefore = known.get(key) ?? before.line.newest.state.version
    if (state.version <= versionBefore) return
    known.set(key, versionBefore)
    const changes = await deps.stateChecker.accept(before.channel, candidate, undefined)
    if (changes !== undefined) await book.commit(before.channel, changes, { signal })
    // Also without a write: an earlier one that was reported as failed may have put the state there.
    const after = await heldLine(candidate, signal)
    if (after === undefined || after.line.newest.state.version === versionBefore) return
    known.set(key, state.version)
    const transaction: Transaction = { state, sigs }
    deps.notifier.notify({ type: 'learned', channelId: state.channelId, version: state.version, transaction })
  }

  /** Keeps what is not our newest: where the channel cannot be raised any more, a tree may have to repeat it exactly. */
  async function keep(candidate: SignedState, signal: AbortSignal): Promise<void> {
    const found = await heldLine(candidate, signal)
    if (found === undefined || backend.stateHash(candidate.state) === found.line.newest.hash) return
    const held = await deps.stateChecker.check(candidate)
    const changes = await deps.stateChecker.keep(found.channel, held)
    if (changes !== undefined) await book.commit(found.channel, changes, { signal })
  }

  async function orRefuse(candidate: SignedState, work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      // What the chain carries may be made to look like a state; only what can be repeated is worth repeating.
      if (!isWatcherError(error) || error.retryable) throw error
      deps.logger.info('State from the chain not taken', { channel: candidate.state.channelId, reason: error.code })
    }
  }

  async function take(candidate: SignedState, known: KnownVersions, signal: AbortSignal): Promise<void> {
    await orRefuse(candidate, adopt(candidate, known, signal))
    // Also one that cannot be our newest, after a final one for example: a tree may have to repeat it.
    await orRefuse(candidate, keep(candidate, signal))
  }

  /** The hash of what the log registered, where that still stands and was read. */
  function standingHash({ channelId, version }: AdjudicatorLog): StateHash | undefined {
    const record = index.get(channelId)?.record
    return record?.version === version ? record.stateHash : undefined
  }

  function recoverFrom(log: AdjudicatorLog, signal: AbortSignal): Promise<readonly SignedState[]> {
    return permits.run(index.payersOf(log.channelId), () =>
      reader.recoverStates(log, { signal, stateHash: standingHash(log) }),
    )
  }

  async function takeAll(candidates: readonly SignedState[], known: KnownVersions, signal: AbortSignal): Promise<void> {
    // One that has to wait must not keep the others, whose order a counterparty chose, from being taken.
    const taken = await Promise.allSettled(
      candidates.map((candidate) => deps.mutex.run(candidate.state.channelId, () => take(candidate, known, signal))),
    )
    for (const each of taken) if (each.status === 'rejected') throw each.reason
  }

  async function recover(log: AdjudicatorLog, signal: AbortSignal): Promise<ReadonlySet<StateHash>> {
    const candidates = await recoverFrom(log, signal)
    await takeAll(candidates, new Map(), signal)
    const ofChannel = candidates.filter(({ state }) => state.channelId === log.channelId)
    return new Set(ofChannel.map(({ state }) => backend.stateHash(state)))
  }

  /** Repeats what it takes until it is taken. Where the store does not take what was found, the endpoint may not show it again. */
  function learning(log: AdjudicatorLog, signal: AbortSignal): () => Promise<void> {
    const known: KnownVersions = new Map()
    let found: readonly SignedState[] = []
    return async () => {
      const candidates = found.length > 0 ? found : await recoverFrom(log, signal)
      if (underWay.size <= mostRemembered) found = candidates
      await takeAll(candidates, known, signal)
    }
  }

  async function learnInTries(log: AdjudicatorLog): Promise<void> {
    let tries = 0
    await deps.lifetime.run((signal) => {
      const learn = learning(log, signal)
      const tryAgain = async (): Promise<void> => {
        tries += 1
        try {
          await learn()
        } catch (error) {
          if (tries < mostTries) throw error
          deps.logger.warn('States not recovered', { channel: log.channelId }, error)
        }
      }
      return retry(deps, tryAgain, signal)
    })
  }

  return {
    get size() {
      return underWay.size
    },
    recover,
    learn(log) {
      // The logs of one transaction come from the same calls.
      if (underWay.has(log.transactionHash)) return
      underWay.add(log.transactionHash)
      learnInTries(log)
        .catch((error: unknown) => {
          if (!deps.lifetime.isOver) deps.logger.warn('States not recovered', { channel: log.channelId }, error)
        })
        .finally(() => underWay.delete(log.transactionHash))
    },
  }
}
