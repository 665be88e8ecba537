import { hasCode } from '../errors/watcher-error.ts'
import type { ChannelId } from '../model/brand.ts'
import type { SignedState, Transaction } from '../model/channel.ts'
import type { AdjudicatorLog } from '../model/ledger.ts'
import type { ChannelBackend, Subscriber } from '../spi/chain.ts'
import type { Logger } from '../spi/runtime.ts'
import type { Store } from '../spi/store.ts'
import type { StateChecker } from './accept-state.ts'
import type { ChannelIndex } from './channel-index.ts'
import type { KeyedSerial } from './keyed-serial.ts'
import { type RetryDeps, retry } from './retry.ts'
import type { Teller } from './teller.ts'

/**
 * Takes states from the chain that we do not hold: a newer one becomes our newest, and the registered one is kept because
 * a tree may have to repeat it exactly. A bonus, never a condition: refutations do not wait for it.
 */
export interface Learner {
  /** Looks into the transaction behind a log. Resolves when done; never rejects but for the signal of the engine. */
  learn(log: AdjudicatorLog): Promise<void>
}

export interface LearnerDeps extends RetryDeps {
  readonly chain: Subscriber & ChannelBackend
  readonly store: Store
  readonly index: ChannelIndex
  readonly states: StateChecker
  readonly serial: KeyedSerial<ChannelId>
  readonly teller: Teller
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly onNews: (id: ChannelId) => void
}

export function learner(deps: LearnerDeps): Learner {
  const { chain, index, store, signal } = deps

  async function adopt(candidate: SignedState): Promise<void> {
    const id = candidate.state.channelId
    const entry = index.get(id)
    const stored = entry && (await store.load(id, { signal }))
    if (entry === undefined || stored === undefined || candidate.state.version <= entry.version) return
    const acceptance = deps.states.accept(entry, stored, candidate)
    if (acceptance === undefined) return
    await store.commit(acceptance.changes, { signal })
    index.patch(id, acceptance.patch)
    const transaction: Transaction = { state: candidate.state, sigs: candidate.sigs }
    deps.teller.tell({ type: 'learned', channelId: id, version: candidate.state.version, transaction })
    deps.onNews(id)
  }

  /** Keeps the state that the record stands for, unless it is our newest. */
  async function keepRegistered(candidate: SignedState): Promise<void> {
    const id = candidate.state.channelId
    const entry = index.get(id)
    if (entry?.record?.version !== candidate.state.version) return
    const hash = chain.stateHash(candidate.state)
    if (hash === entry.hash) return
    if (entry.record.stateHash !== undefined && entry.record.stateHash !== hash) return
    const { state, sigs } = deps.states.check(candidate)
    await store.commit([{ type: 'putRegistered', id, transaction: { state, sigs } }], { signal })
    deps.onNews(id)
  }

  async function take(candidate: SignedState): Promise<void> {
    try {
      await adopt(candidate)
      await keepRegistered(candidate)
    } catch (error) {
      // What the chain carries may be made to look like a state; only the store's and the chain's own faults count.
      if (hasCode(error, 'STORE_FAILED') || signal.aborted) throw error
      deps.logger.info('State from the chain not usable', { channel: candidate.state.channelId })
    }
  }

  return {
    async learn(log) {
      await retry(
        deps,
        async () => {
          for (const candidate of await chain.recoverStates(log, { signal })) {
            await deps.serial.run(candidate.state.channelId, () => take(candidate))
          }
        },
        signal,
      )
    },
  }
}
