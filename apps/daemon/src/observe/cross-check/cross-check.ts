import type { Address } from '@perun-watcher/chain-evm'
import { type Header, parseBlock } from '@perun-watcher/chain-evm/internal'
import type { AbortOptions, Clock, Logger } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { askEndpoint, type NamedEndpoint } from './ask-endpoint.ts'
import { disagreements, laggards, type Stretch } from './compare.ts'

/** Compares what several endpoints say: one that lags, or that keeps a log back, would let a dispute pass unseen. */
export interface CrossCheck {
  /** What they do not agree about, as sentences; empty while they agree, or while fewer than two answer. */
  readonly disagreements: readonly string[]
  /** Compares once. Rejects with the signal's reason only. */
  look(options?: AbortOptions): Promise<void>
  /** Compares again and again, until the signal aborts. */
  keepLooking(signal: AbortSignal): Promise<void>
}

export interface CrossCheckOptions {
  readonly endpoints: readonly NamedEndpoint[]
  readonly adjudicator: Address
  /** How much older than that of another endpoint the newest block of one may be. */
  readonly maxLagSeconds: number
  readonly clock: Clock
  readonly logger: Logger
}

const pauseMs = 30_000

/** A difference is looked at again soon: a reorg that one endpoint knows earlier is none. */
const pauseInDoubtMs = 5_000

/** Blocks below the lowest head that may still be replaced, and so are not compared yet. */
const unsettled = 3n

/** Blocks that are compared at one time, also at the start; endpoints limit what they answer at once. */
const stretchLength = 500n

export function endpointCrossCheck({
  endpoints,
  adjudicator,
  maxLagSeconds,
  clock,
  logger,
}: CrossCheckOptions): CrossCheck {
  /** Up to this block all agreed. */
  let agreed: bigint | undefined
  let suspected = false
  let established: readonly string[] = []

  /** What those of them say that answer. */
  async function answers<T>(
    asked: readonly NamedEndpoint[],
    ask: (endpoint: NamedEndpoint) => Promise<T>,
    { signal }: AbortOptions,
  ): Promise<readonly T[]> {
    const all = await Promise.all(
      asked.map(async (endpoint) => {
        try {
          return [await ask(endpoint)]
        } catch (error) {
          signal?.throwIfAborted()
          logger.debug('An endpoint could not be compared', { endpoint: endpoint.name, error: toError(error).message })
          return []
        }
      }),
    )
    return all.flat()
  }

  /** `undefined`: nothing can be said now. */
  async function compare(options: AbortOptions): Promise<readonly string[] | undefined> {
    const heads = await answers(
      endpoints,
      async (endpoint) => ({ endpoint, name: endpoint.name, ...(await headOf(endpoint, options)) }),
      options,
    )
    if (heads.length < 2) return undefined
    const behind = laggards(heads, maxLagSeconds)
    const lagging = behind.map(
      (name) => `The newest block of ${name} is over ${maxLagSeconds} s older than another one.`,
    )
    const timely = heads.filter(({ name }) => !behind.includes(name))
    const stretch = stretchBelow(timely)
    if (timely.length < 2 || stretch === undefined) return lagging
    const accounts = await answers(
      timely.map(({ endpoint }) => endpoint),
      (endpoint) => askEndpoint(endpoint, adjudicator, stretch, options),
      options,
    )
    if (accounts.length < 2) return lagging.length > 0 ? lagging : undefined
    const differences = disagreements(accounts, stretch)
    if (differences.length === 0) agreed = stretch.to
    return [...lagging, ...differences]
  }

  /** What is to be compared next; `undefined`: no block since the last time. */
  function stretchBelow(heads: readonly Header[]): Stretch | undefined {
    const lowest = heads.reduce<bigint | undefined>(
      (least, { number }) => (least === undefined || number < least ? number : least),
      undefined,
    )
    const top = (lowest ?? 0n) - unsettled
    if (top < 0n) return undefined
    const from = agreed === undefined ? atLeastZero(top - stretchLength + 1n) : agreed + 1n
    if (from > top) return undefined
    return { from, to: from + stretchLength - 1n < top ? from + stretchLength - 1n : top }
  }

  async function look(options: AbortOptions = {}): Promise<void> {
    const found = await compare(options)
    if (found === undefined) return
    // Once may be chance: what is on its way to one endpoint is at another one already.
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
