import { type ChannelId, hasCode, type SignedState, type TransactionHash, WatcherError } from '@perun-watcher/core'
import type { Inclusion, RegistrationSizes, SendOptions } from '@perun-watcher/core/adapter'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { SendObserver, SendOutcome, SentCall } from '../../coverage/send-observer.ts'
import { holderRefuses } from '../asset-holders.ts'
import type { BlindSpots } from '../blind-spots.ts'
import { hasRoom } from '../block-space.ts'
import { simStateHash } from '../crypto.ts'
import type { Hardship } from '../hardships.ts'
import type { Ledger, LedgerBlock, LedgerTransaction, ModelCall } from '../ledger.ts'
import type { SimProcess } from '../sim-process.ts'
import { describeStates, type Trace } from '../trace.ts'
import { blockOf } from './chain-stream.ts'
import type { Endpoint } from './endpoint.ts'

export interface SenderDeps {
  readonly endpoint: Endpoint
  readonly ledger: Ledger
  readonly process: SimProcess
  readonly dice: Dice
  readonly trace: Trace
  readonly observer: SendObserver
  readonly is: (hardship: Hardship) => boolean
  readonly blindSpots: BlindSpots
  readonly pollMs: number
  /** Between two blocks at most; `undefined`: nobody knows. */
  readonly longestBlockMs: number | undefined
  readonly sizes: RegistrationSizes
  /** A transaction that was reported as included and is not. */
  readonly onLie: (hash: TransactionHash) => void
  readonly now: () => number
  /** Until when a transaction about a root waits that no node wants; `undefined`: it does not. */
  readonly waitsUntil: (root: ChannelId) => number | undefined
}

/** The least that the watcher waits for a block which it is told of: a minute, or so many blocks. */
const firstWaitMs = 60_000
const blocksWaitedFor = 4

/** Sends a call and reports what becomes of it. */
export type Sender = (sent: SentCall, call: ModelCall, options: SendOptions) => Promise<Inclusion>

export function sender(deps: SenderDeps): Sender {
  const { endpoint, ledger, process, dice, trace, observer, is, blindSpots, pollMs, sizes, onLie, longestBlockMs } =
    deps
  /** By root: inclusions that were made up since the last true one. */
  const liesInRow = new Map<ChannelId, number>()

  function refuse(reason: string): WatcherError {
    return new WatcherError('REGISTER_REVERTED', 'The simulated adjudicator refused the call.', { details: [reason] })
  }

  /** Before anything is sent, the call is simulated on the newest block. */
  function simulate(sent: SentCall, call: ModelCall): void {
    const reason = ledger.tryCall(call, ledger.head, ledger.head.timestamp + 1n)
    if (reason === undefined) return
    const { basis, times } = sent
    const known = basis && sent.isInformed ? reasonAtAll(call, basis, times) : undefined
    trace.say(`refused: ${reason}; as the watcher knew it: ${known ?? 'fine'}`)
    if (known !== undefined && known !== holderRefuses)
      trace.violate(`a call was sent that was known to be refused: ${known}`)
    // The refusal tells that something is not as it seemed.
    for (const { state } of sent.states) blindSpots.close(state.channelId)
    throw refuse(reason)
  }

  /** Why the call is refused, whatever the time may be; `undefined` if at any it is taken. */
  function reasonAtAll(call: ModelCall, basis: LedgerBlock, times: readonly bigint[]): string | undefined {
    const reasons = times.map((time) => ledger.tryCall(call, basis, time))
    return reasons.includes(undefined) ? undefined : reasons[0]
  }

  function blockWith(transaction: LedgerTransaction): LedgerBlock | undefined {
    return ledger.blocks.findLast((block) => block.transactions.some(({ hash }) => hash === transaction.hash))
  }

  /** What has become of a transaction; `undefined`: nothing yet. */
  function look(transaction: LedgerTransaction, deadline: bigint): Inclusion | undefined {
    const block = blockWith(transaction)
    const reason = block?.reverted.get(transaction.hash)
    if (reason !== undefined) {
      trace.meet('fault: included and reverted')
      throw refuse(reason)
    }
    if (block !== undefined) {
      const [root] = transaction.calldata
      if (root !== undefined) liesInRow.delete(root.state.channelId)
      return { transactionHash: transaction.hash, block: blockOf(block) }
    }
    if (ledger.head.timestamp >= deadline) {
      ledger.drop(transaction.hash)
      throw new WatcherError('DEADLINE_PASSED', 'No simulated block took it in time.')
    }
    ledger.resubmit(transaction)
    return undefined
  }

  /**
   * The watcher may wait for the block, and sends nothing else meanwhile: for a share of the time that is left, but no longer
   * than a few blocks, and twice as long after each lie in a row.
   */
  function waitFor([root]: readonly SignedState[], secondsLeft: bigint): number {
    const shareMs = Math.max(0, Number(secondsLeft) * 250)
    const id = root?.state.channelId
    const before = (id && liesInRow.get(id)) ?? 0
    if (id !== undefined) liesInRow.set(id, before + 1)
    if (longestBlockMs === undefined) return shareMs
    const firstMs = Math.max(firstWaitMs, blocksWaitedFor * longestBlockMs)
    return Math.min(shareMs, firstMs * 2 ** before)
  }

  /** What an endpoint says that has lost its way. */
  function madeUp({ hash, calldata }: LedgerTransaction, deadline: bigint): Inclusion | undefined {
    if (!dice.chance(0.5)) return undefined
    const block = blockOf(ledger.head)
    onLie(hash)
    blindSpots.blink(
      calldata.map(({ state }) => state.channelId),
      waitFor(calldata, deadline - block.timestamp),
    )
    if (dice.chance(0.5)) {
      trace.meet('fault: inclusion far ahead')
      if (dice.chance(0.5)) ledger.drop(hash)
      return { transactionHash: hash, block: { ...block, number: block.number + 1_000_000n } }
    }
    trace.meet('fault: inclusion made up')
    ledger.drop(hash)
    return { transactionHash: hash, block }
  }

  /** A transaction that is out cannot be taken back with certainty. */
  async function waitForNext(transaction: LedgerTransaction, signal: AbortSignal | undefined): Promise<void> {
    try {
      await process.pause(pollMs, signal)
    } catch (error) {
      if (dice.chance(0.5)) ledger.drop(transaction.hash)
      throw error
    }
  }

  async function inclusionOf(transaction: LedgerTransaction, { deadline, signal }: SendOptions): Promise<Inclusion> {
    for (;;) {
      await waitForNext(transaction, signal)
      const lie = is('lyingInclusions') ? madeUp(transaction, deadline) : undefined
      if (lie !== undefined) return lie
      const inclusion = is('rpcDown') ? undefined : look(transaction, deadline)
      if (inclusion !== undefined) return inclusion
    }
  }

  /** Nobody else's transactions stand behind it: a sender has more than one lane. */
  async function waitInVain({ states: [root] }: SentCall, signal: AbortSignal | undefined): Promise<void> {
    const untilMs = deps.waitsUntil(root.state.channelId)
    if (untilMs === undefined) return
    trace.meet('fault: tenant’s calls hang')
    await process.pause(Math.max(0, untilMs - deps.now()), signal)
  }

  async function send(sent: SentCall, call: ModelCall, options: SendOptions): Promise<Inclusion> {
    const ids = sent.states.map(({ state }) => state.channelId)
    await waitInVain(sent, options.signal)
    await endpoint.reach(ids, options.signal)
    if (is('unfunded')) {
      trace.meet('fault: account underfunded')
      throw new WatcherError('ACCOUNT_UNDERFUNDED', 'The simulated account is empty.')
    }
    if (sent.kind === 'register' && !hasRoom(sizes, sent.states)) {
      trace.violate(`a registration was sent that no node takes: ${describeStates(sent.states)}`)
      throw new WatcherError('CHAIN_UNREACHABLE', 'The simulated node says: oversized data.')
    }
    simulate(sent, call)
    const transaction = ledger.submit(call, { calldata: sent.states, byWatcher: true })
    const inclusion = await inclusionOf(transaction, options)
    observer.ended(sent, 'included', transaction)
    return inclusion
  }

  /** What this process has under way. */
  const underWay = new Set<string>()

  return async (sent, call, options) => {
    const key = `${sent.kind} ${sent.states.map(({ state }) => simStateHash(state)).join(' ')}`
    if (underWay.has(key))
      trace.violate(`the same call is under way twice: ${sent.kind} ${describeStates(sent.states)}`)
    underWay.add(key)
    observer.sending(sent)
    ledger.offer(sent.states)
    try {
      return await send(sent, call, options)
    } catch (error) {
      observer.ended(sent, outcomeOf(error, options.signal))
      throw error
    } finally {
      underWay.delete(key)
    }
  }
}

function outcomeOf(error: unknown, signal: AbortSignal | undefined): SendOutcome {
  if (hasCode(error, 'REGISTER_REVERTED')) return 'reverted'
  // The end of the engine is no newer plan.
  return signal?.aborted && !hasCode(signal.reason, 'WATCHER_CLOSED') ? 'superseded' : 'failed'
}
