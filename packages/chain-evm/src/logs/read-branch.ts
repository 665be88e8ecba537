import type { AbortOptions } from '@perun-watcher/core'
import { mapConcurrently } from '@perun-watcher/core/internal'
import { type Header, invalidAnswer } from '../rpc/parse-rpc.ts'
import { type ChainReader, readConcurrency } from './chain-reader.ts'
import { type Branch, type ChainWindow, placementOf } from './chain-window.ts'

/**
 * Reads the chain that ends with `tip`, back to where it leaves the window, and its logs. `undefined`: `tip` is known.
 * The number of requests is bounded, as no walk goes below the first block of the window.
 */
export async function readBranch(
  reader: ChainReader,
  window: ChainWindow,
  tip: Header,
  options: AbortOptions,
): Promise<Branch | undefined> {
  const headers: Header[] = [tip]
  for (let oldest = tip; ; headers.unshift(oldest)) {
    const placement = placementOf(window, oldest)
    if (placement.type === 'known' && oldest === tip) return undefined
    if (placement.type === 'attached' || placement.type === 'beyondFinality') {
      const logs = await mapConcurrently(headers, readConcurrency, (header) => reader.logsOfBlock(header, options))
      return { blocks: headers.map((header, index) => ({ header, logs: logs[index] ?? [] })), placement }
    }
    if (placement.type !== 'parentNeeded') throw invalidAnswer('block', 'above all final blocks', oldest.hash)
    const parent = await reader.headerByHash(oldest.parentHash, options)
    if (parent.number !== oldest.number - 1n) throw invalidAnswer('block.number', 'one above its parent', oldest.hash)
    oldest = parent
  }
}
