import { createClient, type Hex, http, numberToHex, rpcSchema } from 'viem'
import { runAnvil } from './anvil-process.ts'
import { DevnetError } from './errors.ts'

export interface AnvilOptions {
  /** Mine a block for every transaction at once. Default: yes, unless `blockTime` is given. */
  readonly automine?: boolean
  /** Mine a block every so many seconds of wall-clock time. */
  readonly blockTime?: number
  /** Seconds of chain time from each block to the next, whoever mines it and when. Default: `blockTime`, or 1. */
  readonly secondsPerBlock?: number
  /** How many of the well-known accounts have 10 000 ETH from the start. Default: 10. */
  readonly accounts?: number
  /** Chain time of the first block, in seconds. Default: the wall clock's. */
  readonly timestamp?: number
  /** The EVM's rules, by anvil's name for them, from `paris` on. Default: anvil's latest. */
  readonly hardfork?: string
  /** Further arguments for anvil, as on its command line. */
  readonly args?: readonly string[]
  /** An anvil other than the one npm installed. */
  readonly binary?: string
}

export interface MineOptions {
  /** Default: 1. */
  readonly blocks?: number
  /** Instead of the chain's own. */
  readonly secondsPerBlock?: number
  /** Chain time of the first of these blocks, in seconds; must not lie before the newest block's. */
  readonly timestamp?: number | bigint
}

/** A transaction on the new branch: `block` counts from 0, the first block after the fork. */
export type ReorgTransaction =
  | { readonly block: number; readonly raw: Hex }
  /** One that is mined on the old branch. */
  | { readonly block: number; readonly hash: Hex }

export interface ReorgOptions {
  /** What the new branch contains. Default: nothing. */
  readonly transactions?: readonly ReorgTransaction[]
  /** Put the old branch's other transactions back among the pending ones, as real nodes do. Default: no, they are gone. */
  readonly requeue?: boolean
}

/** A running anvil. Its clock is its own: block times follow from the calls made here, never from the wall clock. */
export interface Anvil extends AsyncDisposable {
  readonly rpcUrl: string
  readonly wsUrl: string
  readonly chainId: number
  /** Whether blocks come without `mine`: one per transaction, one per interval, or not at all. */
  readonly mining: () => 'auto' | 'interval' | 'manual'
  readonly mine: (options?: MineOptions) => Promise<void>
  /** For the next block only, however it is mined. */
  readonly setNextBlockTimestamp: (seconds: number | bigint) => Promise<void>
  /**
   * Replaces the newest `depth` blocks with as many others. Balances given by `setBalance` since the fork are lost too.
   */
  readonly reorg: (depth: number, options?: ReorgOptions) => Promise<void>
  /** Forgets one pending transaction, or all. */
  readonly dropPending: (hash?: Hex) => Promise<void>
  /** Turns mining per transaction on or off; transactions that are pending already wait for the next block. */
  readonly setAutomine: (enabled: boolean) => Promise<void>
  /** From now on a block every so many seconds of wall-clock time, and only then. */
  readonly setBlockTime: (seconds: number) => Promise<void>
  readonly snapshot: () => Promise<Hex>
  /** Goes back to a snapshot and uses it up. Pending transactions stay pending. */
  readonly revert: (snapshot: Hex) => Promise<void>
  readonly setBalance: (address: Hex, wei: bigint) => Promise<void>
  /** For the next block only; later ones follow from it by the usual rule. */
  readonly setNextBaseFee: (weiPerGas: bigint) => Promise<void>
  /** Ends anvil; idempotent. */
  readonly stop: () => Promise<void>
}

const chainId = 31337

type Control = [
  { Method: 'anvil_setLoggingEnabled'; Parameters: [boolean]; ReturnType: null },
  { Method: 'anvil_setBlockTimestampInterval'; Parameters: [number]; ReturnType: null },
  { Method: 'anvil_mine'; Parameters: [Hex]; ReturnType: null },
  { Method: 'anvil_reorg'; Parameters: [number, (readonly [Hex, number])[]]; ReturnType: null },
  { Method: 'anvil_dropTransaction'; Parameters: [Hex]; ReturnType: Hex | null },
  { Method: 'anvil_dropAllTransactions'; Parameters?: undefined; ReturnType: null },
  { Method: 'anvil_setBalance'; Parameters: [Hex, Hex]; ReturnType: null },
  { Method: 'anvil_setNextBlockBaseFeePerGas'; Parameters: [Hex]; ReturnType: null },
  { Method: 'evm_setAutomine'; Parameters: [boolean]; ReturnType: null },
  { Method: 'evm_setIntervalMining'; Parameters: [number]; ReturnType: null },
  { Method: 'evm_setNextBlockTimestamp'; Parameters: [Hex]; ReturnType: null },
  { Method: 'evm_snapshot'; Parameters?: undefined; ReturnType: Hex },
  { Method: 'evm_revert'; Parameters: [Hex]; ReturnType: boolean },
  { Method: 'eth_blockNumber'; Parameters?: undefined; ReturnType: Hex },
  { Method: 'eth_getBlockByNumber'; Parameters: [Hex, false]; ReturnType: { transactions: Hex[] } | null },
  { Method: 'eth_getRawTransactionByHash'; Parameters: [Hex]; ReturnType: Hex | null },
  { Method: 'eth_sendRawTransaction'; Parameters: [Hex]; ReturnType: Hex },
]

/**
 * Starts anvil from its npm package on a free port of this machine.
 *
 * @throws {DevnetError} `ANVIL_MISSING`, `ANVIL_START`
 */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const secondsPerBlock = options.secondsPerBlock ?? options.blockTime ?? 1
  // Mining starts by hand in any case, so that no block is mined before the chain's clock is set.
  const args = ['--no-mining', '--chain-id', String(chainId), '--accounts', String(options.accounts ?? 10)]
  if (options.timestamp !== undefined) args.push('--timestamp', String(options.timestamp))
  if (options.hardfork !== undefined) args.push('--hardfork', options.hardfork)
  const child = await runAnvil([...args, ...(options.args ?? [])], options.binary)

  const rpcUrl = `http://127.0.0.1:${child.port}`
  const { request } = createClient({
    // One try: a refusal by a server on this machine is an answer, not a hiccup.
    transport: http(rpcUrl, { retryCount: 0, timeout: 60_000 }),
    rpcSchema: rpcSchema<Control>(),
  })
  let mining: 'auto' | 'interval' | 'manual' = 'manual'

  const setAutomine = async (enabled: boolean): Promise<void> => {
    await request({ method: 'evm_setAutomine', params: [enabled] })
    mining = enabled ? 'auto' : 'manual'
  }
  const setBlockTime = async (seconds: number): Promise<void> => {
    await request({ method: 'evm_setIntervalMining', params: [seconds] })
    mining = 'interval'
  }
  const setNextBlockTimestamp = async (seconds: number | bigint): Promise<void> => {
    await request({ method: 'evm_setNextBlockTimestamp', params: [numberToHex(seconds)] })
  }
  const setInterval = async (seconds: number): Promise<void> => {
    await request({ method: 'anvil_setBlockTimestampInterval', params: [seconds] })
  }
  const rawOf = async (hash: Hex): Promise<Hex> => {
    const raw = await request({ method: 'eth_getRawTransactionByHash', params: [hash] })
    if (raw === null) throw new DevnetError('DATA_INVALID', `The chain knows no transaction ${hash}.`)
    return raw
  }
  /** The transactions of the newest `depth` blocks, oldest first. */
  const newest = async (depth: number): Promise<Hex[]> => {
    const head = Number(await request({ method: 'eth_blockNumber' }))
    const numbers = Array.from({ length: depth }, (_, index) => head - depth + 1 + index)
    const blocks = await Promise.all(
      numbers.map((number) => request({ method: 'eth_getBlockByNumber', params: [numberToHex(number), false] })),
    )
    return blocks.flatMap((block) => block?.transactions ?? [])
  }

  try {
    // Nobody reads the log, and writing it costs anvil time.
    await request({ method: 'anvil_setLoggingEnabled', params: [false] })
    await setInterval(secondsPerBlock)
    if (options.blockTime !== undefined) await setBlockTime(options.blockTime)
    else if (options.automine ?? true) await setAutomine(true)
  } catch (error) {
    await child.stop()
    throw error
  }

  return {
    rpcUrl,
    wsUrl: `ws://127.0.0.1:${child.port}`,
    chainId,
    mining: () => mining,
    mine: async ({ blocks = 1, secondsPerBlock: own, timestamp } = {}) => {
      if (own !== undefined) await setInterval(own)
      if (timestamp !== undefined) await setNextBlockTimestamp(timestamp)
      try {
        await request({ method: 'anvil_mine', params: [numberToHex(blocks)] })
      } finally {
        if (own !== undefined) await setInterval(secondsPerBlock)
      }
    },
    setNextBlockTimestamp,
    reorg: async (depth, { transactions = [], requeue = false } = {}) => {
      const pairs = await Promise.all(
        transactions.map(async (tx) => ['raw' in tx ? tx.raw : await rawOf(tx.hash), tx.block] as const),
      )
      const kept = new Set(pairs.map(([raw]) => raw))
      const old = requeue ? await Promise.all((await newest(depth)).map(rawOf)) : []
      await request({ method: 'anvil_reorg', params: [depth, pairs] })
      // In the order in which they were mined, because that is also the order of their nonces.
      for (const raw of old.filter((raw) => !kept.has(raw))) {
        await request({ method: 'eth_sendRawTransaction', params: [raw] })
      }
    },
    dropPending: async (hash) => {
      if (hash === undefined) await request({ method: 'anvil_dropAllTransactions' })
      else await request({ method: 'anvil_dropTransaction', params: [hash] })
    },
    setAutomine,
    setBlockTime,
    snapshot: () => request({ method: 'evm_snapshot' }),
    revert: async (snapshot) => {
      if (await request({ method: 'evm_revert', params: [snapshot] })) return
      throw new DevnetError('DATA_INVALID', `There is no snapshot ${snapshot}.`, {
        remedy: 'A snapshot serves once; take a new one after going back.',
      })
    },
    setBalance: async (address, wei) => {
      await request({ method: 'anvil_setBalance', params: [address, numberToHex(wei)] })
    },
    setNextBaseFee: async (weiPerGas) => {
      await request({ method: 'anvil_setNextBlockBaseFeePerGas', params: [numberToHex(weiPerGas)] })
    },
    stop: child.stop,
    [Symbol.asyncDispose]: child.stop,
  }
}
