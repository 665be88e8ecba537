import type { Address, Hex } from 'viem'
import type { Actor } from './actor.ts'
import { etherOf, isSameAsset, tokenOf } from './assets.ts'
import { channelId } from './codec.ts'
import type { Devnet } from './devnet.ts'
import { type Asset, NO_APP, NO_CC, type Params, type SignedState, type State, type SubAlloc } from './model.ts'
import type { Sent } from './transactions.ts'

export interface ChannelOptions {
  /** Its participants, in order. One actor may stand for several of them. */
  readonly actors: readonly Actor[]
  /** What each participant owns in the beginning: `[asset][participant]`, or `[participant]` for a single asset. */
  readonly balances: readonly bigint[] | readonly (readonly bigint[])[]
  /** In seconds. */
  readonly challengeDuration: bigint
  /** Default: the devnet's ether, once. */
  readonly assets?: readonly Asset[]
  /** Default: none. `devnet.contracts.app` allows every move. */
  readonly app?: Address
  /** A `sub` or `virtual` channel lives in a parent's locked funds. Default: `ledger`. */
  readonly kind?: 'ledger' | 'sub' | 'virtual'
  /** Default: one that this devnet has not used. */
  readonly nonce?: bigint
}

/** What a state says beyond its version; what is left out is as in the channel's first state. */
export interface StateChanges {
  /** As in `ChannelOptions`. */
  readonly balances?: ChannelOptions['balances']
  readonly locked?: readonly SubAlloc[]
  readonly appData?: Hex
  readonly isFinal?: boolean
}

/** A channel as its participants know it. Nothing of it is on the chain until somebody sends something. */
export interface Channel {
  readonly params: Params
  readonly id: Hex
  readonly actors: readonly Actor[]
  readonly state: (version: bigint, changes?: StateChanges) => State
  /** A state with the signatures of all participants. */
  readonly signed: (state: State) => Promise<SignedState>
  /** Sends each participant's deposits for the first state's balances of the devnet's ether and of its token. */
  readonly fund: () => Promise<readonly Sent[]>
}

/** Agrees on a channel; all off the chain, so it cannot fail for reasons of the chain. */
export function openChannel(devnet: Devnet, options: ChannelOptions): Channel {
  const { actors, challengeDuration, kind = 'ledger', app = NO_APP, assets = [etherOf(devnet)] } = options
  const params: Params = {
    challengeDuration,
    nonce: options.nonce ?? devnet.nextNonce(),
    participants: actors.map(({ address }) => ({ ethAddress: address, ccAddress: NO_CC })),
    app,
    ledgerChannel: kind === 'ledger',
    virtualChannel: kind === 'virtual',
  }
  const id = channelId(params)
  const opening = perAsset(options.balances)
  return {
    params,
    id,
    actors,
    state: (version, { balances, locked = [], appData = '0x', isFinal = false } = {}) => ({
      channelID: id,
      version,
      outcome: {
        assets,
        backends: assets.map(() => 1n),
        balances: balances === undefined ? opening : perAsset(balances),
        locked,
      },
      appData,
      isFinal,
    }),
    signed: async (state) => ({ params, state, sigs: await Promise.all(actors.map((actor) => actor.sign(state))) }),
    fund: () => {
      const own = [etherOf(devnet), tokenOf(devnet)]
      const deposits = assets.flatMap((asset, a) =>
        own.some((each) => isSameAsset(each, asset))
          ? actors.map((actor, p) => ({ actor, asset, amount: opening[a]?.[p] ?? 0n }))
          : [],
      )
      return Promise.all(
        deposits
          .filter(({ amount }) => amount > 0n)
          .map(({ actor, asset, amount }) => actor.deposit(id, amount, { asset })),
      )
    },
  }
}

function perAsset(balances: ChannelOptions['balances']): readonly (readonly bigint[])[] {
  const rows = balances.filter((row) => typeof row !== 'bigint')
  return rows.length === balances.length ? rows : [balances.filter((amount) => typeof amount === 'bigint')]
}
