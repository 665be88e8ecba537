import { type AbortOptions, type Bytes, type Clock, type Hex, hasCode } from '@perun-watcher/core'
import { parseBulkAnswer } from '../calls/bulk-answer.ts'
import type { Lookup } from '../calls/bulk-program.ts'
import type { CallsAtBlock, ViewCall } from '../calls/calls-at-block.ts'
import { type Found, readTogether } from '../calls/read-together.ts'
import { type Way, waysOf } from '../calls/way.ts'
import type { Address } from '../rpc/evm-client.ts'
import { invalidAnswer } from '../rpc/parse-rpc.ts'

export interface HoldingsReaderDeps {
  readonly calls: Pick<CallsAtBlock, 'readNewest'>
  readonly holder: Address
  /** Whether another endpoint is asked than usually, where there is one. */
  readonly secondOpinion: boolean
  /** Whether the holder is known to do as it should: only then one call asks it for several shares. */
  readonly isTrusted: boolean
  readonly clock: Clock
}

/** What an asset holder holds for one share, by the word of one endpoint. */
export interface Held {
  readonly amount: bigint
  /** Whose word it is; `undefined` where there is one endpoint only. */
  readonly by: string | undefined
}

/**
 * Reads one share. An account without code holds nothing: no money can
 * come out of it. Rejects as a call does: `RPC_REFUSED` where the holder refuses to say.
 */
export type HoldingsReader = (share: Hex, options: AbortOptions) => Promise<Held>

/** First four bytes of a call of `holdings(bytes32)`. */
const holdingsSelector: Hex = '0xae9ee18c'

/** Reading one share takes a few thousand; whoever made the holder decides what it does. */
const gasForOneShare = 200_000

const singlesAtOnce = 8

/** Shares that are asked for at the same time, or while a reading is under way, are read together. */
export function holdingsReader(deps: HoldingsReaderDeps): HoldingsReader {
  const { calls, holder, secondOpinion, isTrusted, clock } = deps
  const lookup: Lookup = { contract: holder, selector: holdingsSelector, words: 1, keyWord: 0 }

  async function readNewest(call: ViewCall): Promise<{ readonly answer: Bytes; readonly by: string | undefined }> {
    const heard = new Set<string>()
    const answer = await calls.readNewest(call, { secondOpinion, heard })
    return { answer, by: [...heard].at(-1) }
  }

  async function readOne(share: Hex): Promise<Held> {
    const data: Hex = `${holdingsSelector}${share.slice(2)}`
    const { answer, by } = await readNewest({ to: holder, data, gas: gasForOneShare })
    if (answer.length === 2) return { amount: 0n, by }
    if (answer.length !== 2 + 64) throw invalidAnswer('holdings', '32 bytes', answer)
    return { amount: BigInt(answer), by }
  }

  async function lookUp(way: Way, shares: readonly Hex[]): Promise<Found<Hex, Held> | undefined> {
    try {
      const { answer, by } = await readNewest(way.callFor(shares))
      const { count, entries } = parseBulkAnswer(answer, shares, lookup)
      const values = new Map([...entries].map(([share, word]) => [share, { amount: BigInt(word), by }]))
      return { count, values, notFound: { amount: 0n, by } }
    } catch (error) {
      if (!hasCode(error, 'RPC_REFUSED') && !hasCode(error, 'CHAIN_DATA_INVALID')) throw error
      return undefined
    }
  }

  const ways = isTrusted ? waysOf(lookup, clock) : []
  return readTogether({ ways, lookUp, readOne, notFound: { amount: 0n, by: undefined }, singlesAtOnce, clock })
}
