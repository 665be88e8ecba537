import type { ChainWindow } from './chain-window.ts'

const pollBounds = { shortestMs: 1_000, longestMs: 12_000 } as const

/** The average time between the blocks of the window, so that about one poll falls to each block; 1 to 12 seconds. */
export function pollDelayMs({ blocks }: ChainWindow): number {
  const first = blocks.at(0)?.header
  const last = blocks.at(-1)?.header
  if (first === undefined || last === undefined || blocks.length < 2) return pollBounds.shortestMs
  const averageMs = (Number(last.timestamp - first.timestamp) * 1_000) / (blocks.length - 1)
  return Math.min(Math.max(averageMs, pollBounds.shortestMs), pollBounds.longestMs)
}
