import { type AdjudicatorLog, parseLedgerId, parseTransactionHash, WatcherError } from '@perun-watcher/core'
import type {
  AdjudicatorSubscription,
  BlockStep,
  ChainStep,
  Inclusion,
  RecordReading,
  RegistererSubscriber,
} from '@perun-watcher/core/adapter'
import { type ChangeBackend, modelPlace } from './chain-places.ts'

type Place = ReturnType<typeof modelPlace>

/** Steps that are changed on their way. */
function withSteps(
  subscription: AdjudicatorSubscription,
  change: (steps: AsyncIterable<ChainStep>) => AsyncGenerator<ChainStep>,
): AdjudicatorSubscription {
  const steps = change(subscription)
  return { ...subscription, [Symbol.asyncIterator]: () => steps }
}

/** A backend that tells other blocks than there are. */
const telling = (change: (step: BlockStep) => BlockStep): Place =>
  modelPlace((backend) => ({
    subscribe: (options) =>
      withSteps(backend.subscribe(options), async function* (steps) {
        for await (const step of steps) yield step.type === 'block' ? change(step) : step
      }),
  }))

const tellingLogs = (change: (log: AdjudicatorLog) => AdjudicatorLog): Place =>
  telling((step) => ({ ...step, added: step.added.map(change) }))

const otherTransaction = parseTransactionHash(`0x${'ee'.repeat(32)}`)

/** A backend whose inclusions are changed. */
const including = (change: (included: Inclusion) => Inclusion): Place =>
  modelPlace((backend) => ({
    register: async (...call) => change(await backend.register(...call)),
  }))

/** Believes that whatever it sends is included. */
const swallowing = (backend: RegistererSubscriber, call: Promise<Inclusion>): Promise<Inclusion> =>
  call.catch(async () => ({
    transactionHash: otherTransaction,
    block: (await backend.readRecord(backend.channelId(anyParams))).block,
  }))

const anyParams = {
  challengeDuration: 1n,
  nonce: 0n,
  participants: [],
  app: undefined,
  ledgerChannel: true,
  virtualChannel: false,
}

/** Reads each record once and believes it for ever. */
function remembering(backend: RegistererSubscriber): Pick<RegistererSubscriber, 'readRecord'> {
  const readings = new Map<string, Promise<RecordReading>>()
  return {
    readRecord(id, options) {
      const reading = readings.get(id) ?? backend.readRecord(id, options)
      readings.set(id, reading)
      return reading
    },
  }
}

/** Each in its turn, from the first on. */
function inTurn(changes: readonly ChangeBackend[]): ChangeBackend {
  let turn = 0
  return (...args) => {
    const change = changes[Math.min(turn, changes.length - 1)]
    turn += 1
    return change?.(...args) ?? {}
  }
}

/** Each case of the kit, and a backend that must not pass it. */
export const chainDoubles: Readonly<Record<string, Place>> = {
  'names its ledger, always the same': modelPlace(inTurn([() => ({}), () => ({ ledgerId: parseLedgerId('model:2') })])),
  'can be probed at any time, which changes nothing': modelPlace(() => {
    let probes = 0
    return {
      async probe() {
        probes += 1
        if (probes > 1) throw new WatcherError('CHAIN_UNREACHABLE', 'Once is enough.')
      },
    }
  }),
  'refuses a ledger that is another one than it was told': modelPlace(
    () => ({}),
    () => ({ async probe() {} }),
  ),
  'tells a ledger that does not answer as what may pass': modelPlace(
    () => ({}),
    () => ({
      async probe() {
        throw new WatcherError('CHAIN_MISMATCH', 'There is nothing.')
      },
    }),
  ),
  'tells where the ledger is at once, without waiting for a block': telling((step) => ({
    ...step,
    head: { ...step.head, number: step.head.number + 1n },
  })),
  'tells a registration with everything that the contract says, and its block': tellingLogs((log) => ({
    ...log,
    timeout: log.timeout + 1n,
  })),
  'tells each log once, in the order of the chain, and what is final never less': telling((step) => ({
    ...step,
    added: [...step.added, ...step.added],
  })),
  'tells all of the history from the block it is asked to begin with, before it says that it is current': modelPlace(
    (backend) => ({ subscribe: () => backend.subscribe({ fromBlock: undefined }) }),
  ),
  'takes back what a reorg takes out, and tells what comes instead': telling((step) => ({
    ...step,
    reorgedFrom: undefined,
  })),
  'tells the same to everybody who follows it': modelPlace((backend) => {
    let subscriptions = 0
    return {
      subscribe(options) {
        subscriptions += 1
        const isFirst = subscriptions === 1
        return withSteps(backend.subscribe(options), async function* (steps) {
          for await (const step of steps) {
            const isChanged = step.type === 'block' && !isFirst
            yield isChanged ? { ...step, added: step.added.map((log) => ({ ...log, logIndex: 7 })) } : step
          }
        })
      },
    }
  }),
  'ends a stream that is closed, and no other': modelPlace((backend) => ({
    subscribe: (options) => ({ ...backend.subscribe(options), close: () => backend.close() }),
  })),
  'has no record of a channel that was never registered': modelPlace((backend) => ({
    async readRecord(id) {
      const { block } = await backend.readRecord(id)
      const record = { version: 0n, phase: 'dispute', timeout: 0n, stateHash: undefined, blockNumber: 0n } as const
      return { record, block }
    },
  })),
  'reads the record as of the head that its stream told last': modelPlace(remembering),
  'reads no record any more that a reorg took out': modelPlace((backend) => {
    const { readRecord } = remembering(backend)
    // Looks at once, when there still is one.
    return {
      readRecord,
      subscribe: (options) =>
        withSteps(backend.subscribe(options), async function* (steps) {
          for await (const step of steps) {
            if (step.type === 'block') for (const { channelId } of step.added) await readRecord(channelId)
            yield step
          }
        }),
    }
  }),
  'recovers the signed states that a transaction handed over': modelPlace(() => ({ recoverStates: async () => [] })),
  'finds what was registered of a channel, newest first, and nothing of others': modelPlace((backend) => ({
    async findRegistrations(id, options) {
      const { logs, before } = await backend.findRegistrations(id, options)
      return { logs: logs.toReversed(), before }
    },
  })),
  'finds nothing at or above the block that it is told to stay below': modelPlace((backend) => ({
    findRegistrations: (id) => backend.findRegistrations(id),
  })),
  'names channels and states as the ledger does': modelPlace((backend) => ({
    channelId: (params) => backend.channelId({ ...params, nonce: 0n }),
  })),
  'takes a state that everybody signed, in the form that the contract takes': modelPlace((backend) => ({
    async verify(signed) {
      const held = await backend.verify(signed)
      return { ...held, sigs: held.sigs.toReversed() }
    },
  })),
  'refuses what the contract would refuse, by its code': modelPlace((backend) => ({
    verify: async ({ state, sigs }) => ({ state, sigs, hash: backend.stateHash(state) }),
  })),
  'counts more for more, and room for a plain channel': modelPlace(() => ({
    sizeOf: () => ({ bytes: 100, work: 100n }),
  })),
  'knows which states a registration may hold': modelPlace((backend) => ({
    rules: { ...backend.rules, refutableUntil: () => 20_000n },
  })),
  'registers a state, and says which transaction of which block did it': including((included) => ({
    ...included,
    transactionHash: otherTransaction,
  })),
  'refutes: replaces an older state without moving the timeout': tellingLogs((log) => ({
    ...log,
    timeout: log.timeout + log.version,
  })),
  'registers a whole tree in one transaction': modelPlace((backend) => ({
    register: (channel, _, options) => backend.register(channel, [], options),
  })),
  'where it says what a transaction changed, that is what the logs say': including((included) => ({
    ...included,
    updates: [],
  })),
  'tells that the contract refuses a state, and changes nothing': modelPlace((backend) => ({
    register: (...call) => swallowing(backend, backend.register(...call)),
  })),
  'settles a final state at once, whatever is registered': modelPlace((backend) => ({
    concludeFinal: (channel, options) => backend.register(channel, [], options),
  })),
  'refuses to settle what is not final': modelPlace((backend) => ({
    concludeFinal: (...call) => swallowing(backend, backend.concludeFinal(...call)),
  })),
  'sends nothing for which there is no time left': modelPlace((backend) => ({
    register: (channel, subChannels, options) =>
      backend.register(channel, subChannels, { ...options, deadline: options.deadline + 1_000_000n }),
  })),
  'stops waiting when it is told to, with the reason it was given': modelPlace((backend) => ({
    register: (...call) =>
      backend.register(...call).catch(() => {
        throw new Error('It was not meant to be.')
      }),
  })),
  'brings several states in side by side': including((included) => ({
    ...included,
    transactionHash: otherTransaction,
  })),
  'ends its streams when it is closed, without calling that an outage': modelPlace((backend) => ({
    subscribe: (options) =>
      withSteps(backend.subscribe(options), async function* (steps) {
        yield* steps
        yield { type: 'stalled', cause: new Error('It was closed.') }
      }),
  })),
  'may be closed more than once': modelPlace((backend) => {
    let closes = 0
    return {
      async close() {
        closes += 1
        if (closes === 2) throw new Error('It is closed already.')
        await backend.close()
      },
    }
  }),
  'leaves nobody waiting when it is closed': modelPlace((backend) => ({
    register: (...call) =>
      backend.register(...call).catch(() => {
        throw new Error('Nobody knows why.')
      }),
  })),
  'goes on with the same ledger after a restart': modelPlace(
    inTurn([
      () => ({}),
      (backend) => ({
        readRecord: async (id) => ({ record: undefined, block: (await backend.readRecord(id)).block }),
      }),
    ]),
  ),
}
