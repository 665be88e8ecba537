import { type ChainKind, type ChosenPreset, chainPreset } from '@perun-watcher/chain-evm'

/** What the configuration says of the chain; the rest follows from its kind. */
export interface ChainChoices {
  readonly id?: number | undefined
  readonly kind?: ChainKind | undefined
  /** In milliseconds. */
  readonly block_time?: number | undefined
  readonly finality_depth?: number | undefined
  /** In milliseconds. */
  readonly max_head_age?: number | undefined
  readonly max_transaction_size?: number | undefined
  readonly max_transaction_gas?: number | undefined
}

/** What is in force on the chain: what the configuration says, else what is usual on chains of this kind. */
export interface ChainUsage extends Pick<ChosenPreset, 'kind' | 'by' | 'extraFee'> {
  /** Seconds between two blocks; `undefined`: only the blocks themselves tell. */
  readonly blockSeconds: number | undefined
  readonly finalityDepth: number
  /** Milliseconds without a new block after which something must be wrong. */
  readonly maxHeadAgeMs: number
  /** Whether blocks come all the time, so that their times can be held against the clock of this machine. */
  readonly isLive: boolean
  /** In bytes, and in gas. */
  readonly limits: { readonly bytes: number; readonly gas: bigint }
  /** In wei per gas. */
  readonly leastTip: bigint
}

/** @param leastTip in wei per gas, where it is configured. */
export function chainUsage(chain: ChainChoices, leastTip?: bigint): ChainUsage {
  const preset = chainPreset(chain.id === undefined ? undefined : BigInt(chain.id), chain.kind)
  const { kind, by, extraFee, limits } = preset
  return {
    kind,
    by,
    extraFee,
    blockSeconds: chain.block_time === undefined ? preset.blockSeconds : chain.block_time / 1_000,
    finalityDepth: chain.finality_depth ?? preset.finalityDepth,
    maxHeadAgeMs: chain.max_head_age ?? preset.silentSeconds * 1_000,
    isLive: by === 'chain-id' && kind !== 'dev',
    limits: {
      bytes: chain.max_transaction_size ?? limits.bytes,
      gas: chain.max_transaction_gas === undefined ? limits.work : BigInt(chain.max_transaction_gas),
    },
    leastTip: leastTip ?? preset.minPriorityFeePerGas,
  }
}

const feesSaid = {
  none: 'no fees besides gas',
  'from-balance': 'a fee for data that is taken from the balance besides gas',
  'in-gas': 'a fee for data that is part of the estimated gas',
} as const satisfies Readonly<Record<ChosenPreset['extraFee'], string>>

/** In one sentence, for people. */
export function usageText({ blockSeconds, finalityDepth, maxHeadAgeMs, limits, extraFee }: ChainUsage): string {
  const blocks = blockSeconds === undefined ? 'blocks whenever they come' : `a block every ${blockSeconds} s`
  const taken = `transactions of up to ${limits.bytes} bytes and ${limits.gas} gas`
  return `${blocks}, final below ${finalityDepth} blocks, ${taken}, ${feesSaid[extraFee]}; not ready after ${maxHeadAgeMs / 1_000} s without a block.`
}
