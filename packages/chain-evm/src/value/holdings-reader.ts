import { type AbortOptions, type Bytes, type Clock, type Hex, hasCode } from '@perun-watcher/core'
import { type Deferred, deferred, mapConcurrently, raceSignal } from '@perun-watcher/core/internal'
import { parseBulkAnswer } from '../calls/bulk-answer.ts'
import type { Lookup } from '../calls/bulk-program.ts'
import type { CallsAtBlock, ViewCall } from '../calls/calls-at-block.ts'
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
  readonly clock: Pick<Clock, 'now'>
}

/**
 * What an asset holder holds for one share, by the word of one endpoint. An account without code holds nothing: no money can
 * come out of it. Rejects as a call does: `RPC_REFUSED` where the holder refuses to say.
 */
export type HoldingsReader = (share: Hex, options: AbortOptions) => Promise<bigint>

/** First four bytes of a call of `holdings(bytes32)`. */
const holdingsSelector: Hex = '0xae9ee18c'

/** Reading one share takes a few thousand; whoever made the holder decides what it does. */
const gasForOneShare = 200_000

const readConcurrency = 8

interface Question {
  readonly share: Hex
  readonly answer: Deferred<bigint>
}

interface Found {
  readonly count: number
  readonly amounts: ReadonlyMap<Hex, bigint>
}

/** Shares that are asked for at the same time, or while a reading is under way, are read together. */
export function holdingsReader(deps: HoldingsReaderDeps): HoldingsReader {
  const { calls, holder, secondOpinion, isTrusted } = deps
  const lookup: Lookup = { contract: holder, selector: holdingsSelector, words: 1, keyWord: 0 }
  const ways = isTrusted ? waysOf(lookup, deps.clock) : []
  let waiting: Question[] = []
  let isReading = false

  const readNewest = (call: ViewCall): Promise<Bytes> => calls.readNewest(call, { secondOpinion })

  async function readOne(share: Hex): Promise<bigint> {
    const data: Hex = `${holdingsSelector}${share.slice(2)}`
    const answer = await readNewest({ to: holder, data, gas: gasForOneShare })
    if (answer.length === 2) return 0n
    if (answer.length !== 2 + 64) throw invalidAnswer('holdings', '32 bytes', answer)
    return BigInt(answer)
  }

  /** @returns `undefined` where nothing useful came of it. Rejects where no endpoint answers. */
  async function tryOut(way: Way, shares: readonly Hex[]): Promise<Found | undefined> {
    try {
      const { count, entries } = parseBulkAnswer(await readNewest(way.callFor(shares)), shares, lookup)
      return { count, amounts: new Map([...entries].map(([share, word]) => [share, BigInt(word)])) }
    } catch (error) {
      if (!hasCode(error, 'RPC_REFUSED') && !hasCode(error, 'CHAIN_DATA_INVALID')) throw error
      return undefined
    }
  }

  /** What one call tells of the first of the shares. @returns `undefined` where this way is not open, or no more. */
  async function readBy(way: Way, shares: readonly Hex[]): Promise<Found | undefined> {
    while (way.isOpen) {
      const asked = shares.slice(0, way.size)
      const found = await tryOut(way, asked)
      if (found !== undefined) {
        way.onAnswer(asked.length, found.count, found.amounts.size)
        return found
      }
      if (way.onFailure()) continue
      // Were there too many, or is it not taken at all?
      if (asked.length > 1 && (await tryOut(way, asked.slice(0, 1))) !== undefined) way.onTooMany(asked.length)
      else way.onRefused()
    }
    return undefined
  }

  async function readSome(shares: readonly Hex[]): Promise<Found | undefined> {
    for (const way of ways) {
      const found = await readBy(way, shares)
      if (found !== undefined) return found
    }
    return undefined
  }

  async function readTogether(questions: readonly Question[]): Promise<void> {
    let left = questions
    while (left.length > 1) {
      const found = await readSome(left.map(({ share }) => share))
      if (found === undefined) break
      for (const { share, answer } of left.slice(0, found.count)) answer.resolve(found.amounts.get(share) ?? 0n)
      left = left.slice(found.count)
    }
    await mapConcurrently(left, readConcurrency, async ({ share, answer }) => {
      await readOne(share).then(answer.resolve, answer.reject)
    })
  }

  async function work(): Promise<void> {
    // What is asked for in the same turn goes together.
    await Promise.resolve()
    while (waiting.length > 0) {
      const questions = waiting
      waiting = []
      await readTogether(questions).catch((error: unknown) => {
        for (const { answer } of questions) answer.reject(error)
      })
    }
    isReading = false
  }

  return (share, { signal }) => {
    const answer = deferred<bigint>()
    waiting.push({ share, answer })
    if (!isReading) {
      isReading = true
      void work()
    }
    return raceSignal(answer.promise, signal)
  }
}
