import type { Address } from '@perun-watcher/chain-evm'
import { type Header, parseBlock, rangeSize, rpcFailure } from '@perun-watcher/chain-evm/internal'
import type { AbortOptions, Clock, Logger } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { askEndpoint, type NamedEndpoint } from './ask-endpoint.ts'
import { disagreements, laggards, type Stretch } from './compare.ts'

/** Compares the answers of several endpoints: one that lags or withholds a log could hide a dispute. */
export interface CrossCheck {
  /** What they disagree about, as sentences; empty while they agree or fewer than two answer. */
  readonly disagreements: readonly string[]
  /** Compares once. Rejects only if the signal aborts. */
  look(options?: AbortOptions): Promise<void>
  /** Compares repeatedly until the signal aborts. */
  keepLooking(signal: AbortSignal): Promise<void>
}

export interface CrossCheckOptions {
  readonly endpoints: readonly NamedEndpoint[]
  readonly adjudicator: Address
  /** By how much the newest block of one endpoint may be older than that of another. */
  readonly maxLagSeconds: number
  readonly clock: Clock
  readonly logger: Logger
}

const pauseMs = 30_000

/** A difference is checked again soon: it may be a reorg that one endpoint saw earlier. */
const pauseInDoubtMs = 5_000

/** Blocks below the lowest head that may still be reorged and are not compared yet. */
const unsettled = 3n

/** How many blocks are compared at a time; endpoints limit the range of a query, and some to very few. */
const stretchSizes = { first: 500n, largest: 500n } as const

/** So many looks in a row without two answers are worth a word: five minutes. */
const looksUntilAlone = 10

export function endpointCrossCheck({
  endpoints,
  adjudicator,
  maxLagSeconds,
  clock,
  logger,
}: CrossCheckOptions): CrossCheck {
  /** Up to this block all endpoints agreed. */
  let agreed: bigint | undefined
  const stretchSize = rangeSize(stretchSizes)
  let suspected = false
  /** Looks in a row that compared nothing. */
  let alone = 0
  let established: readonly string[] = []

  /** The answers of those endpoints that answer. */
  async function answers<T>(
    asked: readonly NamedEndpoint[],
    ask: (endpoint: NamedEndpoint) => Promise<T>,
    { signal }: AbortOptions,
    onFailure: (error: unknown) => void = () => {},
  ): Promise<readonly T[]> {
    const all = await Promise.all(
      asked.map(async (endpoint) => {
        try {
          return [await ask(endpoint)]
        } catch (error) {
          signal?.throwIfAborted()
          onFailure(error)
          logger.debug('An endpoint could not be compared', { endpoint: endpoint.name, error: toError(error).message })
          return []
        }
      }),
    )
    return all.flat()
  }

  /** @returns the differences; `undefined` if nothing could be compared. */
  async function compare(options: AbortOptions): Promise<readonly string[] | undefined> {
    const heads = await answers(
      endpoints,
      async (endpoint) => ({ endpoint, name: endpoint.name, ...(await headOf(endpoint, options)) }),
      options,
    )
    if (heads.length < 2) return undefined
    const behind = laggards(heads, maxLagSeconds)
    const lagging = behind.map(
      (name) => `The newest block of ${name} is more than ${maxLagSeconds} s older than another one.`,
    )
    const timely = heads.filter(({ name }) => !behind.includes(name))
    const stretch = stretchBelow(timely)
    if (timely.length < 2 || stretch === undefined) return lagging
    const accounts = await answers(
      timely.map(({ endpoint }) => endpoint),
      (endpoint) => askEndpoint(endpoint, adjudicator, stretch, options),
      options,
      (error) => shrink(stretch, error),
    )
    if (accounts.length < 2) return lagging.length > 0 ? lagging : undefined
    const differences = disagreements(accounts, stretch)
    if (differences.length === 0) agreed = stretch.to
    stretchSize.accepted(stretch.to - stretch.from + 1n)
    return [...lagging, ...differences]
  }

  function shrink({ from, to }: Stretch, error: unknown): void {
    const failure = rpcFailure('eth_getLogs', error)
    if (failure !== 'service' && failure !== 'method') stretchSize.refused(to - from + 1n)
  }

  /** Tells once that nothing is compared, and once that it is again. */
  function noteAlone(isAlone: boolean): void {
    if (isAlone) alone += 1
    else if (alone >= looksUntilAlone) logger.info('The RPC endpoints can be compared again')
    if (!isAlone) alone = 0
    if (alone === looksUntilAlone) logger.warn('The RPC endpoints cannot be compared: fewer than two answer')
  }

  /** The next blocks to compare; `undefined` if there is no new one. */
  function stretchBelow(heads: readonly Header[]): Stretch | undefined {
    const lowest = heads.reduce<bigint | undefined>(
      (least, { number }) => (least === undefined || number < least ? number : least),
      undefined,
    )
    const top = (lowest ?? 0n) - unsettled
    if (top < 0n) return undefined
    const { blocks } = stretchSize
    const from = agreed === undefined ? atLeastZero(top - blocks + 1n) : agreed + 1n
    if (from > top) return undefined
    return { from, to: from + blocks - 1n < top ? from + blocks - 1n : top }
  }

  async function look(options: AbortOptions = {}): Promise<void> {
    const found = await compare(options)
    noteAlone(found === undefined)
    if (found === undefined) return
    // A single difference may be chance: a block may have reached one endpoint and not yet the other.
    const next = found.length === 0 || suspected ? found : established
    if (next.length > 0 && established.length === 0) {
      logger.error('The RPC endpoints disagree: one of them lags or lies', { disagreements: next.join(' ') })
    }
    if (next.length === 0 && established.length > 0) logger.info('The RPC endpoints agree again')
    suspected = found.length > 0
    established = next
  }

  return {
    get disagreements() {
      return established
    },
    look,
    async keepLooking(signal) {
      for (;;) {
        await look({ signal })
        await clock.sleep(suspected ? pauseInDoubtMs : pauseMs, { signal })
      }
    },
  }
}

async function headOf({ client }: NamedEndpoint, options: AbortOptions): Promise<Header> {
  return parseBlock(await client.request('eth_getBlockByNumber', ['latest', false], options))
}

const atLeastZero = (value: bigint): bigint => (value < 0n ? 0n : value)
