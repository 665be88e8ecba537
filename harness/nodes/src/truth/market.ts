import type { Dice } from '@perun-watcher/harness-kit/dice'

/** What others pay for blocks, in wei per gas. */
export interface Market {
  /** The base fee of the block after one with this base fee. */
  baseFeeAfter(baseFee: bigint, atMs: number): bigint
  /** The least tip that gets a transaction into a block at an instant. */
  tipNeeded(atMs: number): bigint
  /** The tip that honest nodes suggest. */
  tipSuggested(atMs: number): bigint
  readonly calmBaseFee: bigint
  /** The highest that base fee and tip ever cost together. */
  readonly peak: bigint
}

export interface Spike {
  readonly fromMs: number
  readonly untilMs: number
  readonly baseFee: bigint
  readonly tip: bigint
}

const gwei = 1_000_000_000n

/** Base fees of quiet days: Ethereum, an L2, a chain that costs next to nothing. */
const calmBaseFees = [20n * gwei, 2n * gwei, gwei / 10n, 46_577n]
const calmTips = [gwei, gwei / 100n, gwei / 2n]

/** At most an eighth a block, up or down (EIP-1559). */
function towards(target: bigint, baseFee: bigint): bigint {
  const step = baseFee / 8n > 0n ? baseFee / 8n : 1n
  if (target > baseFee) return target - baseFee < step ? target : baseFee + step
  return baseFee - target < step ? target : baseFee - step
}

export interface MarketOptions {
  /** In which blocks are dear. */
  readonly spells: readonly { readonly fromMs: number; readonly untilMs: number }[]
  /** The operator's. */
  readonly cap: bigint
  /** Whether dear blocks cost more than that. */
  readonly isAboveCap: boolean
}

export function market(dice: Dice, { spells, cap, isAboveCap }: MarketOptions): Market {
  const calmBaseFee = dice.pick(calmBaseFees)
  const calmTip = dice.pick(calmTips)
  const spikes = spells.map(
    (spell): Spike => ({
      ...spell,
      baseFee: calmBaseFee + (cap * BigInt(isAboveCap ? dice.int(110, 250) : dice.int(5, 45))) / 100n,
      tip: calmTip + (cap * BigInt(dice.int(1, 15))) / 100n,
    }),
  )
  const at = (ms: number): Spike | undefined => spikes.find(({ fromMs, untilMs }) => fromMs <= ms && ms < untilMs)
  const highest = (values: readonly bigint[]): bigint => values.reduce((a, b) => (a > b ? a : b), 0n)
  return {
    calmBaseFee,
    baseFeeAfter: (baseFee, ms) => towards(at(ms)?.baseFee ?? calmBaseFee, baseFee),
    // On a quiet chain every block has room for whoever pays anything.
    tipNeeded: (ms) => at(ms)?.tip ?? 1n,
    tipSuggested: (ms) => at(ms)?.tip ?? calmTip,
    peak: highest(spikes.map(({ baseFee, tip }) => baseFee + tip)) + calmBaseFee + calmTip,
  }
}
