import type { Evidence, Patience } from './evidence.ts'
import { common, type Interval } from './intervals.ts'

/** The first stretch that was long and calm enough for any watcher to notice, decide, send and be included. */
export function fairChance(
  { calm, heads, patience }: Evidence,
  stretches: readonly Interval[],
  { times = 1 }: { readonly times?: number } = {},
): Interval | undefined {
  const isLongEnough = (interval: Interval): boolean => hasPatience(interval, patience, heads, times)
  return common(stretches, calm).find(isLongEnough)
}

function hasPatience(
  { fromMs, untilMs }: Interval,
  { ms, blocks }: Patience,
  heads: Evidence['heads'],
  times: number,
): boolean {
  if (untilMs - fromMs < ms * times) return false
  return heads.filter(({ atMs }) => fromMs < atMs && atMs <= untilMs).length >= blocks * times
}
