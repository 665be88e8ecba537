/** A number that was looked at again and again. */
export interface Sample {
  readonly minutes: number
  readonly value: number
}

/** What growth of a number is no growth: chance, and what fills up once. */
export interface Allowance {
  readonly by: number
  /** In parts of what it was. */
  readonly share: number
}

export interface Growth {
  readonly from: number
  readonly to: number
  readonly perMinute: number
  readonly hasGrown: boolean
}

/** Of what is warm; as few say nothing. */
const leastSamples = 6

/**
 * Whether a number still grows: the middle of the first third of its samples against that of the last. Both ends of a line
 * would only say what chance was there.
 */
export function growthOf(samples: readonly Sample[], { by, share }: Allowance): Growth | undefined {
  if (samples.length < leastSamples) return undefined
  const third = Math.floor(samples.length / 3)
  const [first, last] = [middleOf(samples.slice(0, third)), middleOf(samples.slice(-third))]
  const grown = last.value - first.value
  return {
    from: first.value,
    to: last.value,
    perMinute: grown / (last.minutes - first.minutes),
    hasGrown: grown > Math.max(by, share * first.value),
  }
}

function middleOf(samples: readonly Sample[]): Sample {
  return { minutes: median(samples.map(({ minutes }) => minutes)), value: median(samples.map(({ value }) => value)) }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(half) - 1] ?? 0, sorted[Math.floor(half)] ?? 0]
  return (low + high) / 2
}
