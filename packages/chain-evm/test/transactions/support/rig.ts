import type { Block, Hex, LogFields, Logger, WatcherError } from '@perun-watcher/core'
import type { Inclusion } from '@perun-watcher/core/adapter'
import { type Anvil, startAnvil } from '@perun-watcher/devnet'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { type Address, type EvmClient, type EvmSigner, parseAddress } from '../../../src/index.ts'
import { parseBlock, parseQuantity, toQuantity } from '../../../src/internal.ts'
import type { TransactionRequest } from '../../../src/transactions/lane/job.ts'
import { type TransactionManager, transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import type { TransactionManagerOptions } from '../../../src/transactions/manager/transaction-manager-options.ts'
import { type ManualClock, manualClock } from '../../support/clocks.ts'
import { type FaultyJournal, faultyJournal } from './faulty-journal.ts'
import { managerOptions } from './manager-options.ts'
import { counting, type FaultyClient, faultyClient, httpClient } from './rpc.ts'
import { devSigner } from './signer.ts'

export const gwei = 1_000_000_000n
export const ether = 10n ** 18n
export const feeCap = managerOptions.fees.maxFeePerGasCap
export const finalityDepth = 4

/** The chain that all tests of a file share, each with accounts of its own. */
export interface Chain {
  readonly anvil: Anvil
  readonly client: EvmClient
  readonly accounts: () => EvmSigner
  readonly contract: () => Promise<Address>
}

let serial = 0

async function startChain(): Promise<Chain> {
  const anvil = await startAnvil({ automine: false, accounts: 100, secondsPerBlock: 12, args: ['--order', 'fifo'] })
  const client = httpClient(anvil.rpcUrl)
  let account = 0
  return {
    anvil,
    client,
    accounts: () => devSigner(++account),
    contract: async () => {
      const address = parseAddress(`0x${(++serial).toString(16).padStart(40, 'c')}`)
      await client.request('anvil_setCode', [address, counting])
      return address
    },
  }
}

export interface Logged {
  readonly level: string
  readonly message: string
  readonly fields: LogFields | undefined
}

export interface Rig {
  readonly anvil: Anvil
  readonly client: FaultyClient
  readonly clock: ManualClock
  readonly journal: FaultyJournal
  readonly signers: readonly EvmSigner[]
  readonly manager: TransactionManager
  readonly log: readonly Logged[]
  /** A contract that counts its calls. */
  readonly contract: Address
  readonly head: () => Promise<Block & { readonly baseFeePerGas: bigint }>
  /** Mines blocks and tells the manager of each. */
  readonly mine: (blocks?: number) => Promise<void>
  /** Tells the manager of the current head. */
  readonly tick: () => Promise<void>
  /** How often the contract was called. */
  readonly count: () => Promise<bigint>
  readonly nonce: (lane?: number) => Promise<bigint>
  /** The hashes that wait at the node, by nonce, of one lane. */
  readonly mempool: (lane?: number) => Promise<Readonly<Record<string, Hex>>>
  /** Sends a call of the contract, with a deadline this many seconds ahead of the head. */
  readonly send: (options?: SendInput) => Promise<Sent>
  /** Another manager over the same journal and accounts, as after a crash; not started. */
  readonly again: (options?: Partial<TransactionManagerOptions>) => TransactionManager
}

export interface SendInput extends Partial<TransactionRequest> {
  readonly seconds?: bigint
  readonly signal?: AbortSignal
  readonly manager?: TransactionManager
}

/** A call of `send`, watched so that its failure is never unhandled. */
export interface Sent {
  readonly result: Promise<Inclusion>
  /** What has become of it so far. */
  readonly state: () => 'waiting' | 'included' | WatcherError | unknown
}

function recorder(log: Logged[]): Logger {
  const at =
    (level: string) =>
    (message: string, fields?: LogFields): void => {
      log.push({ level, message, fields })
    }
  return { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function watched(result: Promise<Inclusion>): Sent {
  let state: unknown = 'waiting'
  result.then(
    () => {
      state = 'included'
    },
    (error: unknown) => {
      state = error
    },
  )
  return { result, state: () => state }
}

/** Lets everything happen that waits for nothing but the chain on this machine. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve))
}

export interface RigOptions extends Partial<TransactionManagerOptions> {
  readonly lanes?: number
}

async function startRig(chain: Chain, { lanes = 1, ...overrides }: RigOptions = {}): Promise<Rig> {
  const { anvil } = chain
  const client = faultyClient(chain.client)
  const clock = manualClock()
  const journal = faultyJournal()
  const log: Logged[] = []
  const signers = Array.from({ length: lanes }, () => chain.accounts())
  const contract = await chain.contract()
  const again = (options: Partial<TransactionManagerOptions> = {}): TransactionManager =>
    transactionManager({
      ...managerOptions,
      client,
      signers,
      chainId: BigInt(anvil.chainId),
      journal,
      clock,
      logger: recorder(log),
      finalityDepth,
      ...overrides,
      ...options,
    })
  const manager = again()
  // Whatever the test before did to the base fee.
  await anvil.setNextBaseFee(gwei)
  await anvil.mine()
  await manager.start()

  // Past the faults: what the tests ask the chain for is not what they disturb.
  const head = async (): ReturnType<Rig['head']> => {
    const { baseFeePerGas = 0n, ...block } = parseBlock(
      await chain.client.request('eth_getBlockByNumber', ['latest', false]),
    )
    return { ...block, baseFeePerGas }
  }
  const addressOf = (lane: number): Address => signers[lane]?.address ?? contract
  const tick = async (): Promise<void> => manager.onHead(await head())
  return {
    anvil,
    client,
    clock,
    journal,
    signers,
    manager,
    log,
    contract,
    head,
    tick,
    again,
    mine: async (blocks = 1) => {
      for (let block = 0; block < blocks; block++) {
        await anvil.mine()
        await tick()
      }
    },
    count: async () =>
      parseQuantity(await chain.client.request('eth_getStorageAt', [contract, toQuantity(0n), 'latest']), 'count'),
    nonce: async (lane = 0) =>
      parseQuantity(await chain.client.request('eth_getTransactionCount', [addressOf(lane), 'latest']), 'nonce'),
    mempool: async (lane = 0) => waitingOf(await chain.client.request('txpool_content', []), addressOf(lane)),
    send: async ({ seconds = 3_600n, signal, manager: other = manager, ...request } = {}) => {
      const { timestamp } = await head()
      const deadline = timestamp + seconds
      return watched(other.send({ to: contract, data: '0x', deadline, ...request }, { signal }))
    },
  }
}

/** A transaction of the same account that the manager knows nothing of. */
export async function sendForeign(
  { signers: [signer], anvil, contract }: Rig,
  chain: Chain,
  { nonce, tip = gwei }: { readonly nonce: bigint; readonly tip?: bigint },
): Promise<void> {
  if (signer === undefined) throw new Error('no account')
  const fees = { maxFeePerGas: 100n * gwei, maxPriorityFeePerGas: tip }
  const call = { to: contract, data: '0x', value: 0n, gas: 100_000n } as const
  const raw = await signer.signTransaction({ chainId: BigInt(anvil.chainId), nonce, ...call, ...fees })
  await chain.client.request('eth_sendRawTransaction', [raw])
}

/** Resolves once so many transactions of a lane wait at the node. */
export function waiting(rig: Rig, amount: number, lane = 0): Promise<void> {
  return until(async () => Object.keys(await rig.mempool(lane)).length === amount)
}

/** Rigs on one chain for the tests of one file. */
export interface Bench {
  readonly chain: () => Chain
  readonly rig: (options?: RigOptions) => Promise<Rig>
}

/** Starts one chain for the file; each test gets accounts and a contract of its own, and leaves nothing waiting. */
export function bench(): Bench {
  let chain: Chain | undefined
  const rigs: Rig[] = []
  const started = (): Chain => {
    if (chain === undefined) throw new Error('the chain has not started')
    return chain
  }
  beforeAll(async () => {
    chain = await startChain()
  })
  afterEach(async () => {
    await Promise.all(rigs.splice(0).map(({ manager }) => manager.close()))
    await started().anvil.dropPending()
  })
  afterAll(() => chain?.anvil.stop())
  return {
    chain: started,
    rig: async (options) => {
      const rig = await startRig(started(), options)
      rigs.push(rig)
      return rig
    },
  }
}

/** The waiting transactions of one account in the answer of `txpool_content`: hashes by nonce. */
function waitingOf(content: unknown, account: Address): Readonly<Record<string, Hex>> {
  const { pending, queued } = content as Record<'pending' | 'queued', Record<string, Record<string, { hash: Hex }>>>
  const found = [pending, queued].flatMap((pool) =>
    Object.entries(pool).filter(([address]) => address.toLowerCase() === account),
  )
  return Object.fromEntries(
    found.flatMap(([, byNonce]) => Object.entries(byNonce).map(([nonce, { hash }]) => [nonce, hash])),
  )
}
