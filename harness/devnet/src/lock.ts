import { DevnetError } from './errors.ts'
import type { State, SubAlloc } from './model.ts'

export interface LockOptions {
  /** The parent's new version. Default: its version plus one. */
  readonly version?: bigint
  /** Whose money in the parent each participant of the sub-channel plays with. Default: the same positions. */
  readonly indexMap?: readonly number[]
}

/** The entry with which a parent locks what `sub` distributes: per asset its balances and all that it locks itself. */
export function subAlloc(sub: State, indexMap: readonly number[] = identity(sub)): SubAlloc {
  const { balances, locked } = sub.outcome
  return {
    ID: sub.channelID,
    balances: balances.map((row, asset) => sum(row) + sum(locked.map((lock) => lock.balances[asset] ?? 0n))),
    indexMap,
  }
}

/**
 * The parent's next state, in which each participant's stake in `sub` has moved from its balance into the lock.
 * Sub-channels, virtual channels and sub-channels of sub-channels are locked alike.
 *
 * @throws {DevnetError} `DATA_INVALID` if somebody does not own what it would stake
 */
export function lock(parent: State, sub: State, options: LockOptions = {}): State {
  const { version = parent.version + 1n, indexMap = identity(sub) } = options
  if (sub.outcome.locked.length > 0) {
    throw new DevnetError('DATA_INVALID', 'Whose the funds locked in a sub-channel are, its state does not say.', {
      remedy: 'Lock it before it locks anything itself, or build the parent with `subAlloc` and balances of your own.',
    })
  }
  const balances = parent.outcome.balances.map((row, asset) =>
    row.map((amount, owner) => {
      const stakes = (sub.outcome.balances[asset] ?? []).filter((_, participant) => indexMap[participant] === owner)
      const left = amount - sum(stakes)
      if (left >= 0n) return left
      throw new DevnetError(
        'DATA_INVALID',
        `Participant ${owner} owns ${amount} of asset ${asset}, too little to lock.`,
      )
    }),
  )
  const locked = [...parent.outcome.locked, subAlloc(sub, indexMap)]
  return { ...parent, version, outcome: { ...parent.outcome, balances, locked } }
}

function identity(sub: State): readonly number[] {
  return (sub.outcome.balances[0] ?? []).map((_, index) => index)
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n)
}
