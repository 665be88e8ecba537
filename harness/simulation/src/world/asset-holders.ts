import type { Bytes } from '@perun-watcher/core'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import { moodyToken } from '../parties/channels/money.ts'
import type { Spell } from './hardships.ts'

/** Where a call of the contract is carried out: on a copy, or in a block. */
export type Stage = 'simulation' | 'block'

/** The contracts that hold assets, of which some do what their owner likes. */
export interface AssetHolders {
  /** Why a holder refuses to note who owns what. */
  payoutFault(holder: Bytes, stage: Stage): string | undefined
}

/** Paused, or it eats all gas; pays in no block though every simulation is fine; the other way round. */
type Mood = 'refuses' | 'pays only in simulation' | 'pays only in blocks'

const moods: readonly Mood[] = ['refuses', 'pays only in simulation', 'pays only in blocks']

export const holderRefuses = 'the holder of the asset refuses'

export interface AssetHoldersDeps {
  readonly dice: Dice
  readonly now: () => number
  readonly lengthMs: number
  readonly onRefusal: () => void
}

/** In most runs a moody holder refuses from some instant on for long, or for ever. */
export function assetHolders({ dice, now, lengthMs, onRefusal }: AssetHoldersDeps): AssetHolders {
  const mood = dice.pick(moods)
  const fromMs = dice.int(0, lengthMs)
  const spell: Spell = { fromMs, untilMs: dice.chance(0.5) ? fromMs + dice.int(60_000, lengthMs) : Number.MAX_VALUE }

  function refuses(stage: Stage): boolean {
    if (now() < spell.fromMs || spell.untilMs <= now()) return false
    return mood === 'refuses' || (mood === 'pays only in blocks') === (stage === 'simulation')
  }

  return {
    payoutFault(holder, stage) {
      if (holder !== moodyToken.holder || !refuses(stage)) return undefined
      onRefusal()
      return holderRefuses
    },
  }
}

export const obligingHolders: AssetHolders = { payoutFault: () => undefined }
