/** From `fromMs` (included) to `untilMs` (excluded). */
export interface Interval {
  readonly fromMs: number
  readonly untilMs: number
}

/** What of `whole` lies outside all of `holes`, in order. */
export function without(whole: readonly Interval[], holes: readonly Interval[]): readonly Interval[] {
  return holes.reduce<readonly Interval[]>(
    (left, hole) =>
      left.flatMap(({ fromMs, untilMs }) =>
        [
          { fromMs, untilMs: Math.min(untilMs, hole.fromMs) },
          { fromMs: Math.max(fromMs, hole.untilMs), untilMs },
        ].filter(isSome),
      ),
    whole.filter(isSome),
  )
}

/** What lies in both. */
export function common(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  return a
    .flatMap((one) =>
      b.map((other) => ({
        fromMs: Math.max(one.fromMs, other.fromMs),
        untilMs: Math.min(one.untilMs, other.untilMs),
      })),
    )
    .filter(isSome)
}

function isSome({ fromMs, untilMs }: Interval): boolean {
  return fromMs < untilMs
}

/** The same time in as few intervals as possible; they come in order. */
export function merged(intervals: readonly Interval[]): readonly Interval[] {
  const merging: Interval[] = []
  for (const next of intervals) {
    const last = merging.at(-1)
    if (last === undefined || last.untilMs < next.fromMs) merging.push(next)
    else merging.splice(-1, 1, { fromMs: last.fromMs, untilMs: Math.max(last.untilMs, next.untilMs) })
  }
  return merging
}
