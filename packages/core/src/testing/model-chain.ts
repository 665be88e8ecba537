import { WatcherError } from '../errors/watcher-error.ts'
import type { ChannelId } from '../model/brand.ts'
import type { SignedState } from '../model/channel.ts'
import type { AdjudicatorLog } from '../model/ledger.ts'
import { perunRules } from '../rules/perun-rules.ts'
import type {
  AdjudicatorSubscription,
  ChainStep,
  Inclusion,
  LedgerLimits,
  PlayedState,
  RecordReading,
  RegistererSubscriber,
  SendOptions,
} from '../spi/chain.ts'
import { parseLedgerId } from '../validation/parse-ledger-id.ts'
import { genesis, headOf, type ModelBlock, type ModelOutcome, nextBlock, tryCall } from './model-blocks.ts'
import { concludesFinal, type ModelCall, modelRecord, registers } from './model-calls.ts'
import { modelBackend, modelLimits } from './model-crypto.ts'
import { ModelRevert } from './model-revert.ts'
import type { ModelDispute } from './model-types.ts'

/** A call that the watcher sent, as tests look at it. */
export interface ModelSentCall {
  readonly type: 'register' | 'concludeFinal'
  readonly channel: SignedState
  readonly subChannels: readonly SignedState[]
}

export interface ModelMineOptions {
  /** How long after the block before. Default 12. */
  readonly seconds?: bigint | undefined
  /** Transactions of others, before those of the watcher. One that the contract refuses is a mistake of the test. */
  readonly calls?: readonly ModelCall[] | undefined
  /** Whether the transactions of the watcher that wait go into the block. Default true. */
  readonly withPending?: boolean | undefined
}

/** Faults to inject: each is asked before the operation and may throw. */
export interface ModelChainFaults {
  probe?: () => void
  readRecord?: () => void
  findRegistrations?: () => void
  send?: (options: SendOptions) => void
  /** What it returns is recovered instead. */
  recoverStates?: () => readonly SignedState[]
  /** The same of forced executions. */
  recoverProgress?: () => PlayedState | undefined
}

/** A ledger in memory with the model of the adjudicator, in which the test makes every block. */
export interface ModelChain extends RegistererSubscriber {
  /** Calls that the watcher handed over, in order. */
  readonly sent: readonly ModelSentCall[]
  /** @throws ModelRevert if the contract refuses one of the test's calls; there is no new block then. */
  mine(options?: ModelMineOptions): void
  /** Takes the newest `depth` blocks out, whose transactions are lost, and puts an empty one in their place. */
  reorg(depth: number): void
  /** What the adjudicator holds of a channel at the head. */
  dispute(id: ChannelId): ModelDispute | undefined
  readonly faults: ModelChainFaults
  /** The timestamp of the head, in seconds. */
  readonly now: bigint
  /** How many blocks below the head no reorg reaches any more. */
  readonly finalityDepth: bigint
}

export interface ModelChainOptions {
  readonly finalityDepth?: bigint | undefined
  readonly limits?: Partial<LedgerLimits> | undefined
}

/** Records that one call reads. */
const readAtOnce = 1_000

/** A transaction of the watcher that no block includes yet. */
interface Pending {
  readonly call: ModelCall
  included(inclusion: Inclusion): void
  reverted(error: WatcherError): void
}

/**
 * A whole chain backend without a chain, for tests of engines, stores and transports. Its channels come from
 * `testChannel`; whatever others do on the ledger is handed to {@link ModelChain.mine}. It outlives a `close`: the next
 * engine finds the same ledger.
 *
 * @param options.finalityDepth default 8
 * @param options.limits what the ledger takes, where that differs from `modelLimits`
 */
export function modelChain(options: ModelChainOptions = {}): ModelChain {
  const finalityDepth = options.finalityDepth ?? 8n
  let fork = 0n
  let blocks: readonly ModelBlock[] = [genesis]
  const head = (): ModelBlock => blocks.at(-1) ?? genesis
  const pending = new Set<Pending>()
  const sent: ModelSentCall[] = []
  const handedOver = new Map<string, Pick<ModelOutcome, 'states' | 'played'>>()
  const sleepers = new Set<() => void>()
  let isClosed = false
  const faults: ModelChainFaults = {}

  function wake(): void {
    const woken = [...sleepers]
    sleepers.clear()
    for (const resolve of woken) resolve()
  }

  function mine({ seconds = 12n, calls = [], withPending = true }: ModelMineOptions = {}): void {
    const taken = withPending ? [...pending] : []
    const block = nextBlock(head(), { seconds, fork, calls: [...calls, ...taken.map(({ call }) => call)] })
    const mistake = block.outcomes.slice(0, calls.length).find(({ revert }) => revert !== undefined)?.revert
    if (mistake !== undefined) throw mistake
    blocks = [...blocks, block]
    for (const { transactionHash, revert, states, played } of block.outcomes) {
      if (revert === undefined) handedOver.set(transactionHash, { states, played })
    }
    for (const [position, job] of taken.entries()) {
      pending.delete(job)
      answer(job, block, block.outcomes[calls.length + position])
    }
    wake()
  }

  function send(call: ModelCall, sentCall: ModelSentCall, sendOptions: SendOptions): Promise<Inclusion> {
    const { signal } = sendOptions
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      faults.send?.(sendOptions)
      const simulated = tryCall(call, head().after, head().timestamp + 1n)
      if (simulated instanceof ModelRevert) return reject(revertError(simulated))
      sent.push(sentCall)
      const job: Pending = { call, included: resolve, reverted: reject }
      pending.add(job)
      sendOptions.onSent?.()
      signal?.addEventListener('abort', () => {
        pending.delete(job)
        reject(signal.reason)
      })
    })
  }

  async function* steps(fromBlock: bigint | undefined, isOpen: () => boolean): AsyncGenerator<ChainStep> {
    let known: readonly ModelBlock[] = blocks.filter(({ number }) => number < (fromBlock ?? head().number + 1n))
    for (let isFirst = true; isOpen() && !isClosed; ) {
      if (isFirst || known !== blocks) {
        const step = stepFrom(known, blocks, finalityDepth)
        isFirst = false
        known = blocks
        yield step
      } else {
        await new Promise<void>((resolve) => void sleepers.add(resolve))
      }
    }
  }

  function readingOf(id: ChannelId): RecordReading {
    const block = head()
    return { record: modelRecord(block.after.get(id), block.number), block: headOf(block) }
  }

  async function close(): Promise<void> {
    isClosed = true
    wake()
  }

  return {
    ...modelBackend,
    limits: { ...modelLimits, ...options.limits },
    ledgerId: parseLedgerId('model:1'),
    rules: perunRules,
    sent,
    finalityDepth,
    faults,
    get now() {
      return head().timestamp
    },
    mine,
    reorg(depth) {
      fork += 1n
      blocks = blocks.slice(0, Math.max(1, blocks.length - depth))
      mine({ seconds: 1n, withPending: false })
    },
    dispute: (id) => head().after.get(id),
    async probe() {
      faults.probe?.()
    },
    async start() {
      isClosed = false
    },
    subscribe: ({ fromBlock }): AdjudicatorSubscription => {
      let isOpen = true
      const iterator = steps(fromBlock, () => isOpen)
      async function end(): Promise<void> {
        isOpen = false
        wake()
      }
      return { [Symbol.asyncIterator]: () => iterator, close: end, [Symbol.asyncDispose]: end }
    },
    async readRecord(id) {
      faults.readRecord?.()
      return readingOf(id)
    },
    async readRecords(ids) {
      faults.readRecord?.()
      return { readings: ids.slice(0, readAtOnce).map(readingOf), calls: 1, way: 'model' }
    },
    async findRegistrations(id, { before } = {}) {
      faults.findRegistrations?.()
      const logs = blocks.flatMap((block) => block.logs)
      const isWanted = ({ channelId, block }: AdjudicatorLog): boolean =>
        channelId === id && (before === undefined || block.number < before)
      return { logs: logs.filter(isWanted).reverse(), before: undefined }
    },
    async recoverStates({ transactionHash }) {
      return faults.recoverStates?.() ?? handedOver.get(transactionHash)?.states ?? []
    },
    async recoverProgress({ transactionHash }) {
      return faults.recoverProgress === undefined ? handedOver.get(transactionHash)?.played : faults.recoverProgress()
    },
    register: (channel, subChannels, sendOptions) =>
      send(registers(channel, subChannels), { type: 'register', channel, subChannels }, sendOptions),
    concludeFinal: (channel, sendOptions) =>
      send(concludesFinal(channel), { type: 'concludeFinal', channel, subChannels: [] }, sendOptions),
    close,
  }
}

/** What happened between two views of the ledger. */
function stepFrom(known: readonly ModelBlock[], current: readonly ModelBlock[], finalityDepth: bigint): ChainStep {
  const firstOther = known.findIndex((block, at) => current[at]?.hash !== block.hash)
  const common = firstOther === -1 ? known.length : firstOther
  const removed = known.slice(common)
  const head = current.at(-1) ?? genesis
  return {
    type: 'block',
    head: headOf(head),
    finalNumber: head.number > finalityDepth ? head.number - finalityDepth : 0n,
    reorgedFrom: removed[0]?.number,
    removed: removed.flatMap(({ logs }) => logs).reverse(),
    added: current.slice(common).flatMap(({ logs }) => logs),
    gap: false,
    isCurrent: true,
  }
}

/** Tells the sender of a transaction what became of it. */
function answer(job: Pending, block: ModelBlock, outcome: ModelOutcome | undefined): void {
  if (outcome === undefined) return
  const { transactionHash, revert } = outcome
  const logs = block.logs.filter((log) => log.transactionHash === transactionHash)
  const updates = logs.map(({ channelId, version }) => ({ channelId, version }))
  if (revert === undefined) job.included({ transactionHash, block: headOf(block), updates })
  else job.reverted(revertError(revert))
}

function revertError(revert: ModelRevert): WatcherError {
  return new WatcherError('REGISTER_REVERTED', 'The adjudicator refused the call.', { details: [revert.message] })
}
