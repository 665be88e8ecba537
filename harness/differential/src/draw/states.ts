import { stateHash } from '@perun-watcher/chain-evm/internal'
import { parseBytes, type State, type StateHash, type SubAlloc } from '@perun-watcher/core'
import { type Channel, type Family, lockedFor, richer } from './family.ts'
import { spoil } from './faults.ts'
import { type Random, randomFrom } from './random.ts'

/**
 * What a state is like:
 * - `regular`: it conserves the channel's funds and locks what is to be locked in this version;
 * - `other`: the same with different content;
 * - `rich`: the same with other funds, which conserves those instead;
 * - `final`, and `released`: final, with nothing locked any more;
 * - `spoilt`, `spoilt-final`: with a fault; there are several of each.
 */
export type Variant =
  | 'regular'
  | 'other'
  | 'rich'
  | 'final'
  | 'released'
  | `spoilt-${number}`
  | `spoilt-final-${number}`

const maxUint256 = 2n ** 256n - 1n

/** The states of a family. Each is made once, so that hashes and signatures are worked out once. */
export interface States {
  at(channel: Channel, version: bigint, variant: Variant): State
  /** What may follow a state by `progress`; `released` is the same as `final`. */
  after(state: State, variant: Variant): State
  /** A state that was made here, by its hash. */
  known(hash: StateHash): State | undefined
}

export function statesOf(family: Family): States {
  const made = new Map<string, State>()
  const byHash = new Map<StateHash, State>()

  function once(key: string, make: (random: Random) => State): State {
    const found = made.get(key)
    if (found !== undefined) return found
    const state = make(randomFrom(`${family.name}/${key}`))
    made.set(key, state)
    byHash.set(stateHash(state), state)
    return state
  }

  return {
    at: (channel, version, variant) =>
      once(`${channel.id} ${version} ${variant}`, (random) =>
        vary(regularState(channel, version, random, variant), variant, random, family),
      ),
    after: (state, variant) =>
      once(`${stateHash(state)} ${variant}`, (random) => vary(nextState(state, random), variant, random, family)),
    known: (hash) => byHash.get(hash),
  }
}

function regularState(channel: Channel, version: bigint, random: Random, variant: Variant): State {
  const released = variant === 'released' || variant.startsWith('spoilt-final')
  const children = channel.children.filter(({ from, until }) => !released && version >= from && version < until)
  const locked: readonly SubAlloc[] = children.map((child) => ({
    channelId: child.channel.id,
    balances: resized(lockedFor(child), child.channel.rows, () => 0n),
    indexMap: child.indexMap,
  }))
  const stake = variant === 'rich' ? richer(channel.stake) : channel.stake
  const free = stake.map((amount, a) => locked.reduce((left, lock) => left - (lock.balances[a] ?? 0n), amount))
  return {
    channelId: channel.id,
    version,
    outcome: {
      assets: channel.assets,
      backends: channel.assets.map(() => 1n),
      balances: resized(
        free.map((amount) => split(amount, channel.keys.length, random)),
        channel.rows,
        () => channel.keys.map(() => 0n),
      ),
      locked,
    },
    appData: parseBytes('0x'),
    isFinal: false,
  }
}

function nextState(state: State, random: Random): State {
  const { outcome } = state
  const balances = outcome.balances.map((row) => {
    const total = row.reduce((sum, amount) => sum + amount, 0n)
    return total > maxUint256 ? row : split(total, row.length, random)
  })
  return { ...state, version: (state.version + 1n) % 2n ** 64n, outcome: { ...outcome, balances } }
}

function vary(state: State, variant: Variant, random: Random, family: Family): State {
  switch (variant) {
    case 'regular':
    case 'rich':
      return state
    case 'other':
      return { ...state, appData: parseBytes('0x07e4') }
    case 'final':
    case 'released':
      return { ...state, isFinal: true }
    default: {
      const whole = variant.startsWith('spoilt-final') ? { ...state, isFinal: true } : state
      const spoilt = spoil(whole, random, family)
      return random.chance(0.15) ? spoil(spoilt, random, family) : spoilt
    }
  }
}

/** So many of the items, or more. */
function resized<T>(items: readonly T[], length: number, more: () => T): readonly T[] {
  return Array.from({ length }, (_, index) => items[index] ?? more())
}

/** The amount in so many parts, most of them of different size. */
function split(amount: bigint, parts: number, random: Random): readonly bigint[] {
  let left = amount
  return Array.from({ length: parts }, (_, index) => {
    const part = index === parts - 1 ? left : (left * BigInt(random.below(101))) / 100n
    left -= part
    return part
  })
}
