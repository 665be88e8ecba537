import {
  type AdjudicatorLog,
  type AdjudicatorSubscription,
  type Block,
  type ChainStep,
  type Inclusion,
  parseBlockHash,
  parseTransactionHash,
  type RegistererSubscriber,
  type SendOptions,
  type SignedState,
  WatcherError,
} from '../../src/index.ts'
import { type ModelDispute, type ModelDisputes, type ModelResult, ModelRevert } from '../../src/testing/index.ts'
import { wakeSignal } from '../../src/watcher/wake-signal.ts'
import { contract, recordOf } from './contract.ts'
import { fakeBackend } from './fake-crypto.ts'

type Call = (before: ModelDisputes, now: bigint) => ModelResult

interface ModelBlock extends Block {
  readonly logs: readonly AdjudicatorLog[]
  readonly after: ModelDisputes
  readonly calls: readonly Call[]
}

interface PendingCall {
  readonly call: Call
  readonly states: readonly SignedState[]
  readonly included: (inclusion: Inclusion) => void
  readonly reverted: (error: unknown) => void
}

/** A call that the watcher sent, as tests look at it. */
export interface SentCall {
  readonly type: 'register' | 'concludeFinal'
  readonly channel: SignedState
  readonly subChannels: readonly SignedState[]
}

const hash32 = (n: bigint, salt: bigint): `0x${string}` => `0x${((salt << 64n) + n).toString(16).padStart(64, '0')}`

/** A ledger in memory with the model of the adjudicator, in which the test makes every block. */
export interface ModelChain extends RegistererSubscriber {
  /** Calls that the watcher handed over, in order. */
  readonly sent: readonly SentCall[]
  /** Adds a block `seconds` after the last one, with these calls first and the watcher's transactions after them. */
  mine(options?: { readonly seconds?: bigint; readonly calls?: readonly Call[]; readonly withPending?: boolean }): void
  /** Takes the newest `depth` blocks out; their transactions are lost. */
  reorg(depth: number): void
  dispute(id: SignedState['state']['channelId']): ModelDispute | undefined
  /** Faults to inject: each is asked before the operation and may throw. */
  faults: {
    readRecord?: () => void
    send?: (options: SendOptions) => void
    recoverStates?: () => readonly SignedState[]
  }
  readonly now: bigint
  readonly finalityDepth: bigint
}

export function modelChain(options: { readonly finalityDepth?: bigint } = {}): ModelChain {
  const finalityDepth = options.finalityDepth ?? 8n
  let forks = 0n
  const genesis: ModelBlock = {
    number: 0n,
    hash: parseBlockHash(hash32(0n, 0n)),
    timestamp: 1_000_000n,
    logs: [],
    after: new Map(),
    calls: [],
  }
  let blocks: readonly [ModelBlock, ...ModelBlock[]] = [genesis]
  const head = (): ModelBlock => blocks.at(-1) ?? genesis
  const pending = new Set<PendingCall>()
  const sent: SentCall[] = []
  const calldata = new Map<string, readonly SignedState[]>()
  const heads = wakeSignal()
  let isClosed = false
  const faults: ModelChain['faults'] = {}

  function run(before: ModelDisputes, call: Call, now: bigint): ModelResult | ModelRevert {
    try {
      return call(before, now)
    } catch (error) {
      if (error instanceof ModelRevert) return error
      throw error
    }
  }

  function mine({ seconds = 12n, calls = [], withPending = true }: Parameters<ModelChain['mine']>[0] = {}): void {
    const parent = head()
    const block: Block = {
      number: parent.number + 1n,
      hash: parseBlockHash(hash32(parent.number + 1n, forks)),
      timestamp: parent.timestamp + seconds,
    }
    const taken = withPending ? [...pending] : []
    const all = [...calls.map((call) => ({ call, job: undefined })), ...taken.map((job) => ({ call: job.call, job }))]
    const logs: AdjudicatorLog[] = []
    let after = parent.after
    for (const [position, { call, job }] of all.entries()) {
      const transactionHash = parseTransactionHash(hash32(block.number * 1000n + BigInt(position), forks + 1n))
      const result = include(after, call, job, { block, transactionHash })
      after = result?.disputes ?? after
      for (const update of result?.updates ?? []) {
        logs.push({ ...update, block, transactionHash, logIndex: logs.length })
      }
    }
    blocks = [...blocks, { ...block, logs, after, calls }]
    heads.wake()
  }

  /** Runs one transaction of a block; a revert of the watcher's is the watcher's, a revert of the test's is a mistake. */
  function include(
    before: ModelDisputes,
    call: Call,
    job: PendingCall | undefined,
    inclusion: Inclusion,
  ): ModelResult | undefined {
    const result = run(before, call, inclusion.block.timestamp)
    if (job !== undefined) pending.delete(job)
    if (result instanceof ModelRevert) {
      if (job === undefined) throw result
      job.reverted(revertError(result))
      return undefined
    }
    calldata.set(inclusion.transactionHash, job?.states ?? calldataOf(call))
    job?.included(inclusion)
    return result
  }

  function send(call: Call, sentCall: SentCall, options: SendOptions): Promise<Inclusion> {
    const { signal } = options
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      faults.send?.(options)
      const simulated = run(head().after, call, head().timestamp + 1n)
      if (simulated instanceof ModelRevert) return reject(revertError(simulated))
      sent.push(sentCall)
      const job: PendingCall = {
        call,
        states: [sentCall.channel, ...sentCall.subChannels],
        included: resolve,
        reverted: reject,
      }
      pending.add(job)
      signal?.addEventListener('abort', () => {
        pending.delete(job)
        reject(signal.reason)
      })
    })
  }

  async function* steps(fromBlock: bigint | undefined, isOpen: () => boolean): AsyncGenerator<ChainStep> {
    let known: readonly ModelBlock[] = blocks.filter((block) => block.number < (fromBlock ?? head().number + 1n))
    let isFirst = true
    while (isOpen() && !isClosed) {
      const seen = heads.count
      const current = blocks
      const fork = known.findIndex((block, at) => current[at]?.hash !== block.hash)
      const removed = fork === -1 ? [] : known.slice(fork)
      const added = current.slice(known.length - removed.length)
      known = current
      if (added.length > 0 || removed.length > 0 || isFirst) {
        isFirst = false
        const { number, hash, timestamp } = head()
        yield {
          type: 'block',
          head: { number, hash, timestamp },
          finalNumber: number > finalityDepth ? number - finalityDepth : 0n,
          reorgedFrom: removed[0]?.number,
          removed: removed.flatMap((block) => block.logs).reverse(),
          added: added.flatMap((block) => block.logs),
          gap: false,
          isCurrent: true,
        }
      } else {
        await heads.after(seen)
      }
    }
  }

  async function close(): Promise<void> {
    isClosed = true
    heads.wake()
  }

  return {
    ...fakeBackend,
    ledgerId: 'model:1',
    sent,
    finalityDepth,
    faults,
    get now() {
      return head().timestamp
    },
    mine,
    reorg(depth) {
      forks += 1n
      const [first, ...rest] = blocks
      blocks = [first, ...rest.slice(0, Math.max(0, rest.length - depth))]
      mine({ seconds: 1n, withPending: false })
    },
    dispute: (id) => head().after.get(id),
    /** Also after a close: the next engine finds the same ledger. */
    async start() {
      isClosed = false
    },
    subscribe: ({ fromBlock }): AdjudicatorSubscription => {
      let isOpen = true
      const iterator = steps(fromBlock, () => isOpen)
      async function end(): Promise<void> {
        isOpen = false
        heads.wake()
      }
      return { [Symbol.asyncIterator]: () => iterator, close: end, [Symbol.asyncDispose]: end }
    },
    async readRecord(id) {
      faults.readRecord?.()
      const { number, hash, timestamp, after } = head()
      return { record: recordOf(after.get(id), number), block: { number, hash, timestamp } }
    },
    async recoverStates(log) {
      return faults.recoverStates?.() ?? calldata.get(log.transactionHash) ?? []
    },
    register: (channel, subChannels, sendOptions) =>
      send(
        (before, now) => contract.register(before, channel, subChannels, now),
        { type: 'register', channel, subChannels },
        sendOptions,
      ),
    concludeFinal: (channel, sendOptions) =>
      send(
        (before, now) => contract.concludeFinal(before, channel, now),
        { type: 'concludeFinal', channel, subChannels: [] },
        sendOptions,
      ),
    close,
  }
}

function revertError(revert: ModelRevert): WatcherError {
  return new WatcherError('REGISTER_REVERTED', 'The adjudicator refused the call.', { details: [revert.message] })
}

const handedOver = new WeakMap<Call, readonly SignedState[]>()

function calldataOf(call: Call): readonly SignedState[] {
  return handedOver.get(call) ?? []
}

/** A registration by somebody else. `isHidden`: through a wrapper, so that its states cannot be recovered. */
export function registers(channel: SignedState, subChannels: readonly SignedState[] = [], isHidden = false): Call {
  const call: Call = (before, now) => contract.register(before, channel, subChannels, now)
  if (!isHidden) handedOver.set(call, [channel, ...subChannels])
  return call
}

export const concludes =
  (channel: SignedState, subChannels: readonly SignedState[] = []): Call =>
  (before, now) =>
    contract.conclude(
      before,
      channel,
      subChannels.map((sub) => sub.state),
      now,
    )

/** A move in the channel's app from one state to the next, signed by the first participant alone. */
export const progresses =
  ({ state: stateOld }: SignedState, { params, state, sigs }: SignedState): Call =>
  (before, now) =>
    contract.progress(before, { params, stateOld, state, actorIdx: 0, sig: sigs[0] ?? '0x' }, now)

/** What the watcher sent: per call the version of the root, then those of its sub-channels. */
export const sentVersions = ({ sent }: Pick<ModelChain, 'sent'>): readonly (readonly bigint[])[] =>
  sent.map(({ channel, subChannels }) => [channel, ...subChannels].map(({ state }) => state.version))
