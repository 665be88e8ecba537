import type { Dice } from '@perun-watcher/harness-kit/dice'

/** How fast a chain is, and how long its channels' windows are. */
export interface Tempo {
  readonly name: TempoName
  /** Milliseconds between blocks. `undefined`: a block comes only with a transaction. */
  readonly blocks: { readonly leastMs: number; readonly mostMs: number } | undefined
  /** Challenge durations in seconds. */
  readonly durations: readonly bigint[]
  /** How fast everything else goes; 1 as usual. */
  readonly scale: number
  /** How often the watcher looks for a new block. */
  readonly pollMs: number
  /** How long nothing may go wrong before more is expected of the watcher: about eight blocks. */
  readonly patienceMs: number
}

export type TempoName = 'usual' | 'fast' | 'slow' | 'on demand' | 'short windows' | 'long windows'

const day = 86_400n
const usualBlocks = { leastMs: 3_000, mostMs: 21_000 }
const usual = {
  name: 'usual',
  blocks: usualBlocks,
  durations: [300n, 600n, 900n, 1200n],
  scale: 1,
  pollMs: 3_000,
  patienceMs: 100_000,
} as const satisfies Tempo

const others: readonly Tempo[] = [
  {
    name: 'fast',
    blocks: { leastMs: 250, mostMs: 1_000 },
    durations: [30n, 60n, 120n],
    scale: 0.2,
    pollMs: 500,
    patienceMs: 25_000,
  },
  {
    name: 'slow',
    blocks: { leastMs: 20_000, mostMs: 60_000 },
    durations: [1_800n, 3_600n],
    scale: 2.5,
    pollMs: 10_000,
    patienceMs: 360_000,
  },
  // As soon as the watcher sends, there is a block; before that it may wait for others for a tenth of the window.
  { ...usual, name: 'on demand', blocks: undefined, patienceMs: 180_000 },
  { ...usual, name: 'short windows', durations: [1n, 5n, 30n] },
  { ...usual, name: 'long windows', durations: [day, 30n * day] },
]

export const tempoNames: readonly TempoName[] = [usual, ...others].map(({ name }) => name)

/** @param wanted instead of what chance would choose. */
export function drawTempo(dice: Dice, wanted?: TempoName): Tempo {
  const drawn = dice.chance(0.75) ? usual : dice.pick(others)
  return wanted === undefined ? drawn : ([usual, ...others].find(({ name }) => name === wanted) ?? drawn)
}
