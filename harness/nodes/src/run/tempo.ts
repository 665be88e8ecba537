/** A kind of chain: how fast it is, and what windows its channels have. */
export interface Tempo {
  readonly name: TempoName
  readonly blockMs: number
  /** Challenge durations in seconds. */
  readonly durations: readonly bigint[]
  readonly requestTimeoutMs: number
  /** Milliseconds to a node and back. */
  readonly roundTrips: readonly number[]
  readonly finalityDepths: readonly number[]
}

export type TempoName = (typeof tempoNames)[number]

export const tempoNames = ['ethereum', 'rollup', 'fast', 'slow'] as const

export const tempos: Readonly<Record<TempoName, Tempo>> = {
  ethereum: {
    name: 'ethereum',
    blockMs: 12_000,
    durations: [300n, 600n],
    requestTimeoutMs: 10_000,
    roundTrips: [5, 60, 200],
    finalityDepths: [8, 32, 64],
  },
  rollup: {
    name: 'rollup',
    blockMs: 2_000,
    durations: [180n, 300n],
    requestTimeoutMs: 10_000,
    roundTrips: [20, 120, 400],
    finalityDepths: [16, 64],
  },
  fast: {
    name: 'fast',
    blockMs: 250,
    durations: [120n, 180n],
    requestTimeoutMs: 5_000,
    roundTrips: [20, 120, 250],
    finalityDepths: [20, 64],
  },
  slow: {
    name: 'slow',
    blockMs: 30_000,
    durations: [900n, 1_800n],
    requestTimeoutMs: 10_000,
    roundTrips: [60, 500],
    finalityDepths: [2, 8],
  },
}
