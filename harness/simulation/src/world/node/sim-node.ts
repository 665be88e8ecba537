import {
  type AdjudicatorLog,
  type ChannelId,
  parseLedgerId,
  type SignedState,
  type TransactionHash,
  WatcherError,
} from '@perun-watcher/core'
import {
  perunRules,
  type RecordReading,
  type RegistererSubscriber,
  type RegistrationSizes,
} from '@perun-watcher/core/adapter'
import type { SendObserver, SentCall } from '../../coverage/send-observer.ts'
import type { BlindSpots } from '../blind-spots.ts'
import { simBackend } from '../crypto.ts'
import type { LedgerBlock } from '../ledger.ts'
import { blockOf, chainStream } from './chain-stream.ts'
import { type EndpointDeps, endpoint } from './endpoint.ts'
import type { KnownRecords } from './known-records.ts'
import { plausibleTimes } from './plausible-times.ts'
import { sender } from './sender.ts'

export interface SimNodeDeps extends EndpointDeps {
  readonly observer: SendObserver
  /** States that a hostile transaction may put in the place of the real ones. */
  readonly forgeries: () => readonly SignedState[]
  /** A block with this many on top is final; reorgs are no deeper. */
  readonly finalityDepth: number
  /** How large a registration may be. */
  readonly sizes: RegistrationSizes
  /** How often the watcher looks for a new block. */
  readonly pollMs: number
  /** Between two blocks at most; `undefined`: nobody knows. */
  readonly longestBlockMs: number | undefined
  /** Logs that the stream left out; `isHidden`: without telling that something is missing. */
  readonly onLost: (logs: readonly AdjudicatorLog[], isHidden: boolean) => void
  readonly blindSpots: BlindSpots
  /** Blocks that the watcher was told of, in whatever process. */
  readonly blocksTold: Set<LedgerBlock>
  /** What it has read at blocks that the stream had told. */
  readonly knownRecords: KnownRecords
  /** The watcher is about to be told of a block. */
  readonly onHead: () => void
  /** A transaction of ours that was reported as included and is not. */
  readonly onLie: (hash: TransactionHash) => void
  /** Until when a transaction about a root waits that no node wants; `undefined`: it does not. */
  readonly waitsUntil: (root: ChannelId) => number | undefined
  /** A transaction whose calldata was not shown. */
  readonly onUnseen: (hash: TransactionHash) => void
}

/** Records that one call reads: fewer than a hostile tenant has roots. */
const readAtOnce = 100

/** What the watcher sees of the ledger through its RPC endpoint, with everything that an endpoint does wrong. */
export function simNode(deps: SimNodeDeps): RegistererSubscriber {
  const { time, ledger, process, dice, trace, is, observer, forgeries, onLost, onUnseen, finalityDepth, blindSpots } =
    deps
  const bootMs = time.now
  /** The newest block that was told to the watcher. */
  let told: LedgerBlock | undefined
  /** Whether it was told with its own time. */
  let isTimeRight = true
  const times = plausibleTimes(() => time.now)
  const rpc = endpoint(deps)
  const stream = chainStream({
    endpoint: rpc,
    process,
    dice: dice.fork('stream'),
    trace,
    is,
    finalityDepth,
    blocksTold: deps.blocksTold,
    onTold: (block) => {
      deps.onHead()
      told = block
    },
    pollMs: deps.pollMs,
    onLost,
    onLate: (logs) => {
      // After a crash the stream may begin behind them.
      onLost(logs, false)
      for (const { channelId } of logs) blindSpots.open(channelId)
    },
    onStep: ({ head, added, gap }) => {
      times.tell(head)
      isTimeRight = head.timestamp === told?.timestamp
      if (gap) blindSpots.closeAll()
      for (const { channelId } of added) blindSpots.close(channelId)
    },
  })
  const send = sender({
    endpoint: rpc,
    ledger,
    process,
    dice,
    trace,
    observer,
    is,
    blindSpots,
    pollMs: deps.pollMs,
    longestBlockMs: deps.longestBlockMs,
    sizes: deps.sizes,
    onLie: deps.onLie,
    now: () => time.now,
    waitsUntil: deps.waitsUntil,
  })

  const callOf = (kind: SentCall['kind'], states: SentCall['states'], deadline: bigint): SentCall => ({
    kind,
    states,
    basis: told,
    times: times.now,
    isInformed: isTimeRight && states.every(({ state }) => deps.knownRecords.isOf(state.channelId, told)),
    deadline,
    bootMs,
  })

  /** Mostly what the stream told; at times another endpoint answers, which is ahead or behind. */
  function blockToRead(): LedgerBlock {
    const [newest = ledger.head] = rpc.visible().slice(-1)
    const block = told === undefined || dice.chance(0.2) ? newest : told
    if (told !== undefined && block.number > told.number) trace.meet('fault: reading ahead of the stream')
    return block
  }

  function noteReading(id: ChannelId, block: LedgerBlock): void {
    if (block === told) deps.knownRecords.note(id, block)
  }

  function readingAt(id: ChannelId, block: LedgerBlock): RecordReading {
    const dispute = block.disputes.get(id)
    if (dispute === undefined) return { record: undefined, block: blockOf(block) }
    const { version, phase, timeout, stateHash } = dispute
    return { record: { version, phase, timeout, stateHash, blockNumber: block.number }, block: blockOf(block) }
  }

  return {
    ...simBackend,
    ...deps.sizes,
    ledgerId: parseLedgerId('simulation:1'),
    rules: perunRules,
    async probe() {
      await process.latency()
    },
    async start() {
      await process.latency()
    },
    subscribe: ({ fromBlock }) => stream(fromBlock),
    async readRecord(id, options = {}) {
      await rpc.reach([id], options.signal)
      const block = blockToRead()
      noteReading(id, block)
      return readingAt(id, block)
    },
    async readRecords(ids, options = {}) {
      // It is about no channel in particular: it hangs for none of them.
      await rpc.reach([], options.signal)
      const block = blockToRead()
      const together = ids.slice(0, readAtOnce)
      for (const id of together) noteReading(id, block)
      return { readings: together.map((id) => readingAt(id, block)), calls: 1, way: 'simulated' }
    },
    async findRegistrations(id, options = {}) {
      await rpc.reach([id], options.signal)
      const logs = rpc.visible().flatMap((block) => block.logs.filter((log) => log.channelId === id))
      return {
        logs: logs.filter(({ block }) => block.number < (options.before ?? block.number + 1n)).reverse(),
        before: undefined,
      }
    },
    async recoverStates(log, options = {}) {
      await rpc.reach([log.channelId], options.signal)
      if (is('recoveryRefused')) {
        trace.meet('fault: recovery refused')
        if (dice.chance(0.5)) return []
        throw new WatcherError('CHAIN_UNREACHABLE', 'The simulated endpoint does not show transactions.')
      }
      if (dice.chance(0.05)) {
        trace.meet('fault: transaction not found')
        onUnseen(log.transactionHash)
        return []
      }
      const transactions = ledger.blocks.flatMap((block) => block.transactions)
      const found = transactions.find(({ hash }) => hash === log.transactionHash)?.calldata ?? []
      if (found.length === 0) trace.meet('cheat: hidden calldata')
      if (!dice.chance(0.1)) return found
      trace.meet('cheat: forged calldata')
      return [...forgeries(), ...found]
    },
    register: (channel, subChannels, options) =>
      send(
        callOf('register', [channel, ...subChannels], options.deadline),
        (adjudicator, before, now) => adjudicator.register(before, channel, subChannels, now),
        options,
      ),
    concludeFinal: (channel, options) =>
      send(
        callOf('concludeFinal', [channel], options.deadline),
        (adjudicator, before, now) => adjudicator.concludeFinal(before, channel, now),
        options,
      ),
    async close() {},
  }
}
