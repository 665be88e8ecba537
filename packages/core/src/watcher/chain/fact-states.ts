import type { Lifetime } from '../../async/lifetime.ts'
import { semaphore } from '../../async/semaphore.ts'
import { withScope } from '../../async/with-scope.ts'
import { toError } from '../../errors/watcher-error.ts'
import type { ClientName, StateHash } from '../../model/brand.ts'
import type { Transaction } from '../../model/channel.ts'
import type { AdjudicatorEvent, ChainFact } from '../../model/events.ts'
import type { ChannelBackend, RecordChange } from '../../spi/chain.ts'
import type { Clock, Logger } from '../../spi/runtime.ts'
import type { StoredChannel } from '../../spi/store.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { StateReader } from '../channels/engine-store.ts'
import { keptStateOf } from '../channels/kept-states.ts'
import { linesOf } from '../channels/lines.ts'
import type { ChainReader } from './with-read-timeout.ts'

/**
 * Adds to what clients are told of the chain the state that it is about. A bonus: whoever is told waits for it only so long,
 * and nothing is decided by it.
 */
export interface FactStates {
  /** See `WatcherEngine.describe`. */
  describe(event: AdjudicatorEvent): Promise<AdjudicatorEvent>
}

export interface FactStatesDeps {
  readonly reader: ChainReader
  readonly backend: Pick<ChannelBackend, 'stateHash' | 'verify'>
  readonly index: Pick<ChannelIndex, 'get' | 'payersOf'>
  readonly store: StateReader
  readonly clock: Clock
  readonly lifetime: Pick<Lifetime, 'run'>
  readonly logger: Logger
}

/** How long an event waits for its state, in milliseconds. */
const longestWaitMs = 5_000

/** Calls of the endpoint: refutations need it more. */
const readingsAtOnce = 4

type Addition = Pick<ChainFact, 'transaction' | 'actor'>

const nothing: Addition = {}

export function factStates(deps: FactStatesDeps): FactStates {
  const { reader, backend, index, store, clock, lifetime, logger } = deps
  const permits = semaphore<ClientName>(readingsAtOnce)

  async function reading<T>(
    { channelId }: ChainFact,
    signal: AbortSignal,
    read: () => Promise<T>,
  ): Promise<T | undefined> {
    // Nobody waits any more for what had its turn too late.
    return await permits.run(index.payersOf(channelId), async () => (signal.aborted ? undefined : await read()))
  }

  /** The hash of the state, by the contract's own word; `undefined`: its record has gone on, or cannot be read. */
  async function hashOf(fact: ChainFact, signal: AbortSignal): Promise<StateHash | undefined> {
    const { channelId, version } = fact
    const known = index.get(channelId)?.record
    if (known?.version === version && known.stateHash !== undefined) return known.stateHash
    if (known !== undefined && known.version > version) return undefined
    const read = await reading(fact, signal, () => reader.readRecord(channelId, { signal }))
    return read?.record?.version === version ? read.record.stateHash : undefined
  }

  async function held(
    { channelId: id, version }: ChainFact,
    stored: StoredChannel,
    { stateHash, signal }: { readonly stateHash: StateHash; readonly signal: AbortSignal },
  ): Promise<Transaction | undefined> {
    const newest = linesOf(stored).find((line) => line.newest.hash === stateHash)?.newest
    // Whoever reads out a record can put the hash of one state beside the version of another.
    if (newest !== undefined) return newest.state.version === version ? newest : undefined
    return await keptStateOf(store, id, stored, { version, stateHash }, { signal })
  }

  async function recovered(
    fact: ChainFact,
    { params }: StoredChannel,
    { stateHash, signal }: { readonly stateHash: StateHash | undefined; readonly signal: AbortSignal },
  ): Promise<Transaction | undefined> {
    const change = changeOf(fact)
    if (change === undefined) return undefined
    const states = await reading(fact, signal, () => reader.recoverStates(change, { stateHash, signal }))
    const found = states?.find(({ state }) => isOf(fact, state, stateHash))
    // What the endpoint shows may be made up; what all have signed is theirs.
    return found && (await backend.verify({ params, state: found.state, sigs: found.sigs }))
  }

  async function registered(fact: ChainFact, stored: StoredChannel, signal: AbortSignal): Promise<Addition> {
    const stateHash = await hashOf(fact, signal).catch(() => undefined)
    const kept = stateHash && (await held(fact, stored, { stateHash, signal }))
    const found = kept ?? (await recovered(fact, stored, { stateHash, signal }))
    return found === undefined ? nothing : { transaction: { state: found.state, sigs: found.sigs } }
  }

  /** Nobody but the actor has signed it: only the hash that the contract holds says that it is the one. */
  async function progressed(fact: ChainFact, { params }: StoredChannel, signal: AbortSignal): Promise<Addition> {
    const change = changeOf(fact)
    const { recoverProgress } = reader
    if (change === undefined || recoverProgress === undefined) return nothing
    const stateHash = await hashOf(fact, signal)
    if (stateHash === undefined) return nothing
    const { state, actor } = (await reading(fact, signal, () => recoverProgress(change, { signal }))) ?? {}
    if (state === undefined || actor === undefined || actor >= params.participants.length) return nothing
    return isOf(fact, state, stateHash) ? { transaction: { state, sigs: [] }, actor } : nothing
  }

  function isOf({ channelId, version }: ChainFact, state: Transaction['state'], hash: StateHash | undefined): boolean {
    const isSame = state.channelId === channelId && state.version === version
    return isSame && (hash === undefined || backend.stateHash(state) === hash)
  }

  async function look(fact: ChainFact, signal: AbortSignal): Promise<Addition> {
    const stored = await store.load(fact.channelId, { signal })
    if (stored === undefined) return nothing
    return fact.type === 'registered' ? await registered(fact, stored, signal) : await progressed(fact, stored, signal)
  }

  async function lookForAWhile(fact: ChainFact, signal: AbortSignal): Promise<Addition> {
    return await withScope(signal, async ({ signal: ending }) => {
      const looking = look(fact, ending)
      const expired = clock.sleep(longestWaitMs, { signal: ending }).then(() => nothing)
      // Whichever is last is not waited for.
      void Promise.allSettled([looking, expired])
      return await Promise.race([looking, expired])
    })
  }

  return {
    async describe(event) {
      if (event.type !== 'registered' && event.type !== 'progressed') return event
      const { channelId: channel, version } = event
      try {
        return { ...event, ...(await lifetime.run((signal) => lookForAWhile(event, signal))) }
      } catch (error) {
        logger.debug('The state of a fact is not known', { channel, version, cause: toError(error).message })
        return event
      }
    },
  }
}

function changeOf(fact: ChainFact): RecordChange | undefined {
  const { channelId, version, timeout, block, transactionHash } = fact
  if (transactionHash === undefined) return undefined
  const phase = fact.type === 'registered' ? 'dispute' : 'forceExec'
  return { channelId, version, phase, timeout, block, transactionHash }
}
