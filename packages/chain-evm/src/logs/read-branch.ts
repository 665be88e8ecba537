import type { AbortOptions, BlockHash } from '@perun-watcher/core'
import { mapConcurrently, withScope } from '@perun-watcher/core/internal'
import { type Header, invalidAnswer } from '../rpc/parse-rpc.ts'
import { type ChainReader, type FoundLogs, joinLogs, readConcurrency } from './chain-reader.ts'
import { type Branch, type ChainWindow, placementOf, topOf } from './chain-window.ts'
import { MissingBlock } from './missing-block.ts'

/**
 * So many blocks at the end of a branch are asked for one by one and by hash: not every node behind an address may have them,
 * and only for a hash does it say so. Below them one query does for all.
 */
const newestBlocks = 4

/** The blocks between the window and `tip` by number, all at once: one after the other, a fast chain would outrun us. */
async function ahead(
  reader: ChainReader,
  window: ChainWindow,
  tip: Header,
  options: AbortOptions,
): Promise<ReadonlyMap<BlockHash, Header>> {
  const first = topOf(window) + 1n
  const count = tip.number > first ? Number(tip.number - first) : 0
  const numbers = Array.from({ length: count > 1 ? count : 0 }, (_, index) => first + BigInt(index))
  const headers = await mapConcurrently(numbers, readConcurrency, async (number) => {
    try {
      return [await reader.headerByNumber(number, options)]
    } catch (error) {
      // What the endpoint does not know by number is found by hash, where it belongs to the branch.
      if (error instanceof MissingBlock) return []
      throw error
    }
  })
  return new Map(headers.flat().map((header) => [header.hash, header]))
}

async function logsOneByOne(
  reader: ChainReader,
  headers: readonly Header[],
  options: AbortOptions,
): Promise<FoundLogs> {
  // The newest and the older blocks may be read at the same time.
  const found = await mapConcurrently(headers, readConcurrency / 2, (header) => reader.logsOfBlock(header, options))
  return joinLogs(found)
}

/** The older blocks of a branch in one query where that is worth it. */
async function logsOfOlder(reader: ChainReader, headers: readonly Header[], options: AbortOptions): Promise<FoundLogs> {
  if (headers.length < newestBlocks) return logsOneByOne(reader, headers, options)
  try {
    return await reader.logsOfBranch(headers, options)
  } catch {
    options.signal?.throwIfAborted()
    return logsOneByOne(reader, headers, options)
  }
}

async function logsOf(reader: ChainReader, headers: readonly Header[], options: AbortOptions): Promise<FoundLogs> {
  return joinLogs(
    await Promise.all([
      logsOfOlder(reader, headers.slice(0, -newestBlocks), options),
      logsOneByOne(reader, headers.slice(-newestBlocks), options),
    ]),
  )
}

/**
 * Reads the chain that ends with `tip`, back to where it leaves the window, and its logs. `undefined`: `tip` is known.
 * The number of requests is bounded, as no walk goes below the first block of the window.
 */
export function readBranch(
  reader: ChainReader,
  window: ChainWindow,
  tip: Header,
  options: AbortOptions,
): Promise<Branch | undefined> {
  // In a scope of its own, so that all requests end where one fails.
  return withScope(options.signal, ({ signal }) => walk(reader, window, tip, { signal }))
}

async function walk(
  reader: ChainReader,
  window: ChainWindow,
  tip: Header,
  options: AbortOptions,
): Promise<Branch | undefined> {
  const known = await ahead(reader, window, tip, options)
  const headers: Header[] = [tip]
  for (let oldest = tip; ; headers.unshift(oldest)) {
    const placement = placementOf(window, oldest)
    if (placement.type === 'known' && oldest === tip) return undefined
    if (placement.type === 'attached' || placement.type === 'beyondFinality') {
      const { logs, doubtful, isComplete } = await logsOf(reader, headers, options)
      const blocks = headers.map((header) => ({ header, logs: logs.filter(({ block }) => block.hash === header.hash) }))
      return { blocks, placement, doubtful, isComplete }
    }
    if (placement.type !== 'parentNeeded') throw invalidAnswer('block', 'above all final blocks', oldest.hash)
    const parent = known.get(oldest.parentHash) ?? (await reader.headerByHash(oldest.parentHash, options))
    if (parent.number !== oldest.number - 1n) throw invalidAnswer('block.number', 'one above its parent', oldest.hash)
    oldest = parent
  }
}
