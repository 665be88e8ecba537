import {
  type AdjudicatorSubscription,
  type Block,
  type ChainStep,
  type ChannelId,
  type Inclusion,
  type RegistererSubscriber,
  type SendOptions,
  type SignedState,
  WatcherError,
} from '@perun-watcher/core'
import { modelBackend } from '@perun-watcher/core/testing'
import type { Ledger, LedgerBlock, LedgerTransaction, ModelCall } from './ledger.ts'
import type { SimProcess } from './process.ts'
import type { Dice } from './random.ts'
import type { Trace } from './trace.ts'
import type { Hardship } from './weather.ts'

export interface NodeDeps {
  readonly ledger: Ledger
  readonly process: SimProcess
  readonly chance: Dice
  readonly trace: Trace
  readonly is: (hardship: Hardship) => boolean
  /** States that a hostile transaction may put in the place of the real ones. */
  readonly forgeries: () => readonly SignedState[]
}

/** A block with this many on top is final; reorgs of the simulated ledger are shallower. */
export const finalityDepth = 12n
const pollMs = 3_000

const blockOf = ({ number, hash, timestamp }: LedgerBlock): Block => ({ number, hash, timestamp })

/** What the watcher sees of the ledger through its RPC endpoint, with everything that an endpoint does wrong. */
export function simNode({ ledger, process, chance, trace, is, forgeries }: NodeDeps): RegistererSubscriber {
  /** The newest block that was told to the watcher: readings are made there. */
  let told: LedgerBlock | undefined
  /** Channels whose record this process has read at least once. */
  const read = new Set<ChannelId>()
  let isClosed = false

  async function reach(signal?: AbortSignal): Promise<void> {
    await process.latency(signal)
    if (is('rpcDown') || (is('rpcSlow') && chance.chance(0.2))) {
      trace.meet('fault: rpc error')
      throw new WatcherError('CHAIN_UNREACHABLE', 'The simulated endpoint does not answer.')
    }
  }

  function visible(): readonly LedgerBlock[] {
    const behind = is('staleHeads') ? chance.int(0, 3) : 0
    if (behind > 0) trace.meet('fault: stale head')
    return ledger.blocks.slice(0, Math.max(1, ledger.blocks.length - behind))
  }

  async function* steps(fromBlock: bigint | undefined): AsyncGenerator<ChainStep> {
    let known: readonly LedgerBlock[] | undefined
    let isStalled = false
    while (!isClosed) {
      try {
        await reach()
      } catch (cause) {
        if (!isStalled && cause instanceof Error) yield { type: 'stalled', cause }
        isStalled = true
        await process.pause(pollMs)
        continue
      }
      isStalled = false
      const current = visible()
      const head = current.at(-1) ?? ledger.head
      const before = known ?? current.filter((block) => block.number < (fromBlock ?? head.number + 1n))
      const isNews = known === undefined || head.hash !== told?.hash
      // A head that is merely older than what was told is a lagging endpoint, not a reorg.
      const isBehind = before.some((block) => block.hash === head.hash) && known !== undefined
      if (isNews && !isBehind) {
        const fork = before.findIndex((block, at) => current[at]?.hash !== block.hash)
        const removed = fork === -1 ? [] : before.slice(fork)
        const added = current.slice(before.length - removed.length)
        if (removed.some((block) => block.logs.length > 0)) trace.meet('fault: reorg removes a log')
        known = current
        told = head
        yield {
          type: 'block',
          head: blockOf(head),
          finalNumber: head.number > finalityDepth ? head.number - finalityDepth : 0n,
          reorgedFrom: removed[0]?.number,
          removed: removed.flatMap((block) => block.logs).reverse(),
          added: added.flatMap((block) => block.logs),
          gap: false,
          isCurrent: true,
        }
      }
      await process.pause(pollMs)
    }
  }

  function revertError(reason: string): WatcherError {
    return new WatcherError('REGISTER_REVERTED', 'The simulated adjudicator refused the call.', { details: [reason] })
  }

  /** Where a transaction is in the chain, if it is. */
  function find(transaction: LedgerTransaction): LedgerBlock | undefined {
    return ledger.blocks.find((block) => block.transactions.some(({ hash }) => hash === transaction.hash))
  }

  async function send(call: ModelCall, states: readonly SignedState[], options: SendOptions): Promise<Inclusion> {
    const { signal, deadline } = options
    const basis = told
    await reach(signal)
    if (is('unfunded')) {
      trace.meet('fault: account underfunded')
      throw new WatcherError('ACCOUNT_UNDERFUNDED', 'The simulated account is empty.')
    }
    const reason = ledger.tryCall(call, ledger.head, ledger.head.timestamp + 1n)
    if (reason !== undefined) {
      const isInformed = states.every(({ state }) => read.has(state.channelId))
      const known = basis && isInformed ? ledger.tryCall(call, basis, basis.timestamp) : undefined
      trace.refused(reason, known)
      throw revertError(reason)
    }
    const transaction = ledger.submit(call, { calldata: states, byWatcher: true })
    trace.sent(states)
    return await inclusionOf(transaction, deadline, signal)
  }

  async function inclusionOf(
    transaction: LedgerTransaction,
    deadline: bigint,
    signal: AbortSignal | undefined,
  ): Promise<Inclusion> {
    for (;;) {
      try {
        await process.pause(pollMs, signal)
      } catch (error) {
        // A transaction that is out cannot be taken back with certainty.
        if (chance.chance(0.5)) ledger.drop(transaction.hash)
        throw error
      }
      if (is('rpcDown')) continue
      const block = find(transaction)
      const reason = block?.reverted.get(transaction.hash)
      if (reason !== undefined) {
        trace.meet('fault: included and reverted')
        throw revertError(reason)
      }
      if (block !== undefined) return { transactionHash: transaction.hash, block: blockOf(block) }
      if (ledger.head.timestamp >= deadline) {
        ledger.drop(transaction.hash)
        throw new WatcherError('DEADLINE_PASSED', 'No simulated block took it in time.')
      }
      if (!ledger.isPending(transaction.hash)) ledger.resubmit(transaction)
    }
  }

  async function close(): Promise<void> {
    isClosed = true
  }

  return {
    ...modelBackend,
    ledgerId: 'simulation:1',
    async start() {
      await process.latency()
    },
    subscribe({ fromBlock }): AdjudicatorSubscription {
      const iterator = steps(fromBlock)
      return { [Symbol.asyncIterator]: () => iterator, close, [Symbol.asyncDispose]: close }
    },
    async readRecord(id, options = {}) {
      await reach(options.signal)
      const block = told ?? ledger.head
      read.add(id)
      const dispute = block.disputes.get(id)
      const record = dispute && {
        version: dispute.version,
        phase: dispute.phase,
        timeout: dispute.timeout,
        stateHash: dispute.stateHash,
        blockNumber: block.number,
      }
      return { record, block: blockOf(block) }
    },
    async recoverStates(log, options = {}) {
      await reach(options.signal)
      const transactions = ledger.blocks.flatMap((block) => block.transactions)
      const found = transactions.find(({ hash }) => hash === log.transactionHash)?.calldata ?? []
      if (found.length === 0) trace.meet('cheat: hidden calldata')
      return chance.chance(0.1) ? [...forgeries(), ...found] : found
    },
    register: (channel, subChannels, options) =>
      send(
        (adjudicator, before, now) => adjudicator.register(before, channel, subChannels, now),
        [channel, ...subChannels],
        options,
      ),
    concludeFinal: (channel, options) =>
      send((adjudicator, before, now) => adjudicator.concludeFinal(before, channel, now), [channel], options),
    close,
  }
}
