import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import type { Lifetime } from '../../async/lifetime.ts'
import { type RetryDeps, retry } from '../../async/retry.ts'
import { semaphore } from '../../async/semaphore.ts'
import { isWatcherError, WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId, TransactionHash } from '../../model/brand.ts'
import type { SignedState, Transaction } from '../../model/channel.ts'
import type { AdjudicatorLog } from '../../model/ledger.ts'
import type { ChannelBackend } from '../../spi/chain.ts'
import type { Logger } from '../../spi/runtime.ts'
import type { ChannelBook } from '../channels/channel-book.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
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
}

export interface StateLearnerDeps extends RetryDeps {
  readonly reader: ChainReader
  readonly backend: ChannelBackend
  readonly book: Pick<ChannelBook, 'read' | 'commit'>
  readonly index: ChannelIndex
  readonly stateChecker: StateChecker
  readonly mutex: KeyedMutex<ChannelId>
  readonly notifier: Pick<Notifier, 'notify'>
  readonly logger: Logger
  readonly lifetime: Lifetime
}

/**
 * The newest version of each channel that clients know of, while states of a transaction are tried again: whoever reads the
 * channel between two tries may find a state that a write reported as failed has left, and it has to be told all the same.
 */
type KnownVersions = Map<ChannelId, bigint>

/** A transaction may carry hundreds of channels, and refutations need the endpoint more. */
const recoveriesAtOnce = 4

/** With growing pauses, a quarter of an hour; a transaction that a reorg took out is never found. */
const mostTries = 30

export function stateLearner(deps: StateLearnerDeps): StateLearner {
  const { backend, reader, index, book } = deps
  const underWay = new Set<TransactionHash>()
  const permits = semaphore(recoveriesAtOnce)

  async function adopt(candidate: SignedState, known: KnownVersions, signal: AbortSignal): Promise<void> {
    const id = candidate.state.channelId
    const versionBefore = known.get(id) ?? index.get(id)?.version
    const channel = await book.read(id, { signal })
    if (channel === undefined || versionBefore === undefined || candidate.state.version <= versionBefore) return
    known.set(id, versionBefore)
    const changes = await deps.stateChecker.accept(channel, candidate)
    if (changes !== undefined) await book.commit(channel, changes, { signal })
    // Also without a write: an earlier one that was reported as failed may have put the state there.
    if (index.get(id)?.version === versionBefore) return
    const transaction: Transaction = { state: candidate.state, sigs: candidate.sigs }
    known.set(id, candidate.state.version)
    deps.notifier.notify({ type: 'learned', channelId: id, version: candidate.state.version, transaction })
  }

  /** Keeps the state that the record stands for, unless it is our newest. */
  async function keepRegistered(candidate: SignedState, signal: AbortSignal): Promise<void> {
    const id = candidate.state.channelId
    const entry = index.get(id)
    if (entry?.record?.version !== candidate.state.version) return
    const hash = backend.stateHash(candidate.state)
    if (hash === entry.hash) return
    if (entry.record.stateHash === undefined) {
      // Two states may have this version; which one stands, only the contract can say.
      throw new WatcherError('CHAIN_UNREACHABLE', 'The record was not read yet.', { details: [`Channel ${id}.`] })
    }
    if (entry.record.stateHash !== hash) return
    const held = await deps.stateChecker.check(candidate)
    const channel = await book.read(id, { signal })
    if (channel !== undefined) await book.commit(channel, [{ type: 'putRegistered', id, held }], { signal })
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
    await orRefuse(candidate, keepRegistered(candidate, signal))
  }

  async function learnFrom(log: AdjudicatorLog, known: KnownVersions, signal: AbortSignal): Promise<void> {
    const candidates = await permits.run(() => reader.recoverStates(log, { signal }))
    // One that has to wait must not keep the others, whose order a counterparty chose, from being taken.
    const taken = await Promise.allSettled(
      candidates.map((candidate) => deps.mutex.run(candidate.state.channelId, () => take(candidate, known, signal))),
    )
    for (const each of taken) if (each.status === 'rejected') throw each.reason
  }

  async function learnInTries(log: AdjudicatorLog): Promise<void> {
    let tries = 0
    const known: KnownVersions = new Map()
    await deps.lifetime.run((signal) =>
      retry(
        deps,
        async () => {
          tries += 1
          try {
            await learnFrom(log, known, signal)
          } catch (error) {
            if (tries < mostTries) throw error
            deps.logger.warn('States not recovered', { channel: log.channelId }, error)
          }
        },
        signal,
      ),
    )
  }

  return {
    get size() {
      return underWay.size
    },
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
