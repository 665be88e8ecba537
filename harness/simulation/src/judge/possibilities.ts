import type { ChannelId, SignedState, SubAlloc } from '@perun-watcher/core'
import type { Contract } from './contract/contract.ts'
import type { Records } from './contract/records.ts'
import { type ThrowAwayRoot, totalsOf } from './throw-away.ts'

/** A state that the contract would take, and a tree that shows it. */
export interface Witness {
  readonly signed: SignedState
  /** The state itself, then all below it, depth first, as the contract wants them. */
  readonly tree: readonly SignedState[]
}

/** What the contract would take at one instant of the states that were given. */
export interface Possibilities {
  /** Per channel, newest first. */
  of(id: ChannelId): readonly Witness[]
  /**
   * Whether the contract would raise a channel below a path of fixed states.
   *
   * @param path the root's state first; each but the last locks the channel of the next.
   * @param least the channel must get at least this version.
   */
  canRaiseBelow(path: readonly [SignedState, ...SignedState[]], id: ChannelId, least: bigint): boolean
}

export interface Situation {
  readonly contract: Contract
  readonly throwAwayRoot: ThrowAwayRoot
  given(id: ChannelId): readonly SignedState[]
  readonly records: Records
  /** Whether a final state can be concluded: no holder of its assets is hostile. */
  readonly canBePaid: boolean
  readonly hasRoom: (channels: readonly SignedState[]) => boolean
  /** Timestamp of the block that would take the call. */
  readonly now: bigint
}

/**
 * Asks from the leaves up: one question to the contract for each state, with any witness for each of its locks. That is
 * enough, because what `register` asks of a channel depends on that channel's record and state alone; so any witness is as
 * good as another, and no combinations have to be tried.
 */
export function possibilities(situation: Situation): Possibilities {
  const { contract, throwAwayRoot, given, records, canBePaid, hasRoom, now } = situation
  const found = new Map<ChannelId, readonly Witness[]>()

  function isTaken(tree: readonly SignedState[]): boolean {
    const [first, ...below] = tree
    if (first === undefined || !hasRoom(tree)) return false
    const call = first.params.ledgerChannel
      ? contract.register(records, first, below, now)
      : contract.register(records, throwAwayRoot(first), tree, now)
    return call.type === 'taken' || (canBePaid && contract.concludeFinal(records, first, now).type === 'taken')
  }

  function of(id: ChannelId): readonly Witness[] {
    const known = found.get(id)
    if (known !== undefined) return known
    // A channel below itself is no witness for anything.
    found.set(id, [])
    const witnesses = given(id).flatMap((signed) => {
      const below = witnessesFor(signed.state.outcome.locked)
      const tree = below && [signed, ...below]
      return tree !== undefined && isTaken(tree) ? [{ signed, tree }] : []
    })
    found.set(id, witnesses)
    return witnesses
  }

  function witnessesFor(locked: readonly SubAlloc[]): readonly SignedState[] | undefined {
    const trees = locked.map((lock) => fitting(lock)?.tree)
    return trees.every((tree) => tree !== undefined) ? trees.flat() : undefined
  }

  /** The newest witness with the funds that are locked for it. */
  function fitting(lock: SubAlloc): Witness | undefined {
    return of(lock.channelId).find(({ signed }) => fills(signed, lock))
  }

  function below(path: readonly SignedState[], target: Witness): readonly SignedState[] | undefined {
    const [state, next] = path
    if (state === undefined) return undefined
    const trees = state.state.outcome.locked.map((lock) => {
      if (lock.channelId === next?.state.channelId) {
        const rest = below(path.slice(1), target)
        return rest && [next, ...rest]
      }
      if (lock.channelId === target.signed.state.channelId) return target.tree
      return fitting(lock)?.tree
    })
    return trees.every((tree) => tree !== undefined) ? trees.flat() : undefined
  }

  return {
    of,
    canRaiseBelow(path, id, least) {
      const lock = path.at(-1)?.state.outcome.locked.find(({ channelId }) => channelId === id)
      if (lock === undefined) return false
      return of(id).some((target) => {
        if (target.signed.state.version < least || !fills(target.signed, lock)) return false
        const subs = below(path, target)
        return (
          subs !== undefined &&
          hasRoom([path[0], ...subs]) &&
          contract.register(records, path[0], subs, now).type === 'taken'
        )
      })
    },
  }
}

function fills({ state }: SignedState, lock: SubAlloc): boolean {
  const totals = totalsOf(state.outcome)
  return totals.length === lock.balances.length && totals.every((total, asset) => total === lock.balances[asset])
}
