import { type Params, parseBytes, type SignedState, type State } from '@perun-watcher/core'

const nothing = parseBytes('0x')

/** What the judge needs in order to make a channel of its own. */
export interface ThrowAwayDeps {
  channelId(params: Params): State['channelId']
  signByAll(params: Params, state: State): SignedState
}

/** Gives a ledger channel that locks just one state: whatever the contract takes below it, it takes by itself. */
export type ThrowAwayRoot = (signed: SignedState) => SignedState

export function throwAwayRoots({ channelId, signByAll }: ThrowAwayDeps): ThrowAwayRoot {
  const made = new WeakMap<SignedState, SignedState>()
  let nonce = 2n ** 128n

  function make({ params: { participants }, state: { channelId: id, outcome } }: SignedState): SignedState {
    nonce += 1n
    const params: Params = {
      challengeDuration: 1n,
      nonce,
      participants,
      app: undefined,
      ledgerChannel: true,
      virtualChannel: false,
    }
    const lock = { channelId: id, balances: totalsOf(outcome), indexMap: participants.map((_, index) => index) }
    const { assets, backends } = outcome
    return signByAll(params, {
      channelId: channelId(params),
      version: 0n,
      outcome: { assets, backends, balances: assets.map(() => participants.map(() => 0n)), locked: [lock] },
      appData: nothing,
      isFinal: false,
    })
  }

  return (signed) => {
    const known = made.get(signed) ?? make(signed)
    made.set(signed, known)
    return known
  }
}

/** Per asset: what a state distributes, what it locks included. */
export function totalsOf({ assets, balances, locked }: State['outcome']): readonly bigint[] {
  return assets.map((_, asset) => {
    const own = (balances[asset] ?? []).reduce((sum, amount) => sum + amount, 0n)
    return locked.reduce((sum, lock) => sum + (lock.balances[asset] ?? 0n), own)
  })
}
