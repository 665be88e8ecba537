import type { AdjudicatorLog, Block, BlockHash, ChannelId } from '@perun-watcher/core'
import type { BlockStep } from '@perun-watcher/core/adapter'
import type { Header } from '../rpc/parse-rpc.ts'

/** A block with all `ChannelUpdate` logs in it, in order. */
export interface TrackedBlock {
  readonly header: Header
  readonly logs: readonly AdjudicatorLog[]
}

/**
 * The part of the chain that was reported and that a reorg may still take back.
 *
 * Invariant: `blocks[i]` has number `first + i` and is the parent of `blocks[i + 1]`; the parent of `blocks[0]` is
 * `anchor`. What lies below `first` is final, or before the start of the stream.
 */
export interface ChainWindow {
  readonly first: bigint
  /** Hash of the final block `first - 1`; `undefined` while it is not known, then block `first` may have any parent. */
  readonly anchor: BlockHash | undefined
  readonly blocks: readonly TrackedBlock[]
  /** The newest block that was reported to be final. */
  readonly finalNumber: bigint
}

/**
 * How a block relates to the window:
 * - `known`: it was reported already.
 * - `below`: it has the number of a block that is final or before the start.
 * - `attached`: its parent is in the window (or is the anchor); `keep` blocks of the window stay.
 * - `parentNeeded`: its parent is not in the window; look at the parent.
 * - `beyondFinality`: the chain it belongs to has replaced a final block.
 */
export type Placement =
  | { readonly type: 'known' }
  | { readonly type: 'below' }
  | { readonly type: 'attached'; readonly keep: number }
  | { readonly type: 'parentNeeded' }
  | { readonly type: 'beyondFinality' }

/** New blocks, oldest first, each the parent of the next; the first one placed as said. */
export interface Branch {
  readonly blocks: readonly TrackedBlock[]
  readonly placement: Extract<Placement, { type: 'attached' | 'beyondFinality' }>
  /** Channels of odd logs in them. */
  readonly doubtful: readonly ChannelId[]
  /** `false`: something in them may concern any channel. */
  readonly isComplete: boolean
}

export interface Advance {
  readonly window: ChainWindow
  readonly step: BlockStep
}

/** A window that has reported nothing yet and starts with block `first`. */
export function emptyWindow(first: bigint): ChainWindow {
  return { first, anchor: undefined, blocks: [], finalNumber: 0n }
}

/** Number of the newest block reported; one below the first where nothing was reported. */
export function topOf(window: ChainWindow): bigint {
  return window.first + BigInt(window.blocks.length) - 1n
}

/** Newest block that no reorg can remove. Never falls, since what was reported to be final stays final. */
export function finalNumberOf(window: ChainWindow, head: Block, finalityDepth: number): bigint {
  const byDepth = head.number - BigInt(finalityDepth)
  return byDepth > window.finalNumber ? byDepth : window.finalNumber
}

/** Finds a block's place. A `parentNeeded` never comes for a block whose parent is below the window. */
export function placementOf(window: ChainWindow, header: Header): Placement {
  const { first, anchor, blocks } = window
  if (header.hash === anchor) return { type: 'known' }
  if (header.number < first) return { type: 'below' }
  if (header.number > topOf(window) + 1n) return { type: 'parentNeeded' }
  const keep = Number(header.number - first)
  if (blocks[keep]?.header.hash === header.hash) return { type: 'known' }
  const parent = keep === 0 ? anchor : blocks[keep - 1]?.header.hash
  if (parent === undefined || parent === header.parentHash) return { type: 'attached', keep }
  return keep === 0 ? { type: 'beyondFinality' } : { type: 'parentNeeded' }
}

/** The window once everything up to and including `header` was reported and is final. */
export function windowAfter(header: Header): ChainWindow {
  return { first: header.number + 1n, anchor: header.hash, blocks: [], finalNumber: header.number }
}

/** Drops what is final: no reorg needs it any more. */
function finalise(window: ChainWindow, finalNumber: bigint): ChainWindow {
  const count = Number(finalNumber - window.first) + 1
  const last = count > 0 ? window.blocks.slice(0, count).at(-1) : undefined
  if (last === undefined) return { ...window, finalNumber }
  return { ...windowAfter(last.header), blocks: window.blocks.slice(count), finalNumber }
}

/** Replaces the end of the window by a branch, and tells what that undoes and adds. */
export function advance(
  window: ChainWindow,
  branch: Branch,
  reported: Pick<BlockStep, 'head' | 'finalNumber' | 'isCurrent'>,
): Advance {
  const beyond = branch.placement.type === 'beyondFinality'
  const keep = branch.placement.type === 'attached' ? branch.placement.keep : 0
  const undone = window.blocks.slice(keep)
  const replaced: ChainWindow = {
    ...window,
    anchor: beyond ? branch.blocks[0]?.header.parentHash : window.anchor,
    blocks: [...window.blocks.slice(0, keep), ...branch.blocks],
  }
  return {
    window: finalise(replaced, reported.finalNumber),
    step: {
      type: 'block',
      ...reported,
      reorgedFrom: undone[0]?.header.number,
      removed: undone.flatMap((block) => block.logs).reverse(),
      added: branch.blocks.flatMap((block) => block.logs),
      doubtful: branch.doubtful,
      gap: beyond,
    },
  }
}

/** The window with logs in it that came late. Those of other blocks are left out. */
export function withLateLogs(window: ChainWindow, late: readonly AdjudicatorLog[]): ChainWindow {
  if (late.length === 0) return window
  const blocks = window.blocks.map((tracked) => {
    const own = late.filter(({ block }) => block.hash === tracked.header.hash)
    return own.length === 0
      ? tracked
      : { ...tracked, logs: [...tracked.logs, ...own].sort((a, b) => a.logIndex - b.logIndex) }
  })
  return { ...window, blocks }
}
