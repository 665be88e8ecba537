import { type Asset, type Bytes, type ChannelId, type Params, parseBytes, type SignedState } from '@perun-watcher/core'
import { simChannelId, simSigned } from '../../world/crypto.ts'
import { honest, indexMapOf, isSignedByHonest, usualMembers } from './members.ts'
import { coin } from './money.ts'

export type Kind = 'ledger' | 'sub' | 'virtual'

/** One channel with every state that all parties ever signed, oldest first. */
export interface Channel {
  readonly id: ChannelId
  readonly kind: Kind
  readonly params: Params
  readonly plan: ChannelPlan
  readonly states: readonly SignedState[]
  readonly newest: SignedState
  /** The newest of those that the client knows. */
  readonly newestKnown: SignedState
  /** States beside the others: with the same versions, or with other funds. */
  readonly strays: readonly SignedState[]
  /** Whether the others can sign what they like: the client is no participant. */
  readonly isTheirs: boolean
  /** Signs the next state. */
  update(change: StateChange): SignedState
  /** Both parties were careless enough to sign another state with the version of the newest. */
  addRival(): SignedState
  /** Those who sign alone sign a state with other funds, so that nobody's lock fits it. */
  addOtherFunds(version: bigint): SignedState
}

export interface StateChange {
  readonly locks?: readonly Channel[]
  readonly isFinal?: boolean
  /** Versions left out. */
  readonly skip?: number
  /** Locks one unit too much for each channel below. */
  readonly hasWrongLocks?: boolean
  /** The client is not told of it; only of a channel that others sign alone. */
  readonly isSecret?: boolean
}

export interface ChannelPlan {
  readonly kind: Kind
  readonly duration: bigint
  readonly hasApp: boolean
  /** Of each asset. */
  readonly funds: bigint
  readonly nonce: bigint
  /** Default: the client and the cheater. */
  readonly members?: readonly Bytes[]
  /** Default: one coin. */
  readonly assets?: readonly Asset[]
  /** How much more each version pays the client than the one before; default: any split. */
  readonly rise?: bigint | undefined
}

const empty = parseBytes('0x')
const someApp = parseBytes(`0x${'99'.repeat(20)}`)

export function openChannel(plan: ChannelPlan, locks: readonly Channel[] = []): Channel {
  const { members = usualMembers, assets = [coin], funds, rise } = plan
  const params: Params = {
    challengeDuration: plan.duration,
    nonce: plan.nonce,
    participants: members.map((address) => ({ address, crossChainAddress: empty })),
    app: plan.hasApp ? someApp : undefined,
    ledgerChannel: plan.kind === 'ledger',
    virtualChannel: plan.kind === 'virtual',
  }
  const id = simChannelId(params)
  const client = Math.max(0, members.indexOf(honest))

  function row(free: bigint, version: bigint, split: bigint): readonly bigint[] {
    const risen = rise === undefined ? (version * split) % (free + 1n) : version * rise
    const mine = risen < free ? risen : free
    return members.map((_, index) => (index === client ? mine : index === 1 - client ? free - mine : 0n))
  }

  function sign(
    version: bigint,
    { locks: locked = lockedNow, isFinal = false, hasWrongLocks }: StateChange,
    { split = 7n, excess: surplus = 0n } = {},
  ): SignedState {
    const excess = hasWrongLocks ? 1n : 0n
    const allocs = locked.map((child) => ({
      channelId: child.id,
      balances: assets.map(() => child.plan.funds + excess),
      indexMap: indexMapOf(child.params, params),
    }))
    const free = funds + surplus - locked.reduce((sum, child) => sum + child.plan.funds + excess, 0n)
    const balances = assets.map((_, asset) => row(free, version, split + BigInt(asset)))
    const outcome = { assets, backends: assets.map(() => 1n), balances, locked: allocs }
    return simSigned(params, { channelId: id, version, outcome, appData: empty, isFinal })
  }

  let lockedNow = locks
  let newest = sign(0n, {})
  let newestKnown = newest
  const states = [newest]
  const strays: SignedState[] = []

  function astray(signed: SignedState): SignedState {
    strays.push(signed)
    return signed
  }

  return {
    id,
    kind: plan.kind,
    params,
    plan,
    states,
    get newest() {
      return newest
    },
    get newestKnown() {
      return newestKnown
    },
    strays,
    isTheirs: !isSignedByHonest(params),
    update(change) {
      newest = sign(newest.state.version + 1n + BigInt(change.skip ?? 0), change)
      if (!change.isSecret) newestKnown = newest
      lockedNow = change.locks ?? lockedNow
      states.push(newest)
      return newest
    },
    addRival: () => astray(sign(newest.state.version, { isFinal: newest.state.isFinal }, { split: 11n })),
    addOtherFunds: (version) => astray(sign(version, {}, { excess: 1n })),
  }
}

/** Everybody has signed a state in which a channel locks another one. */
export function isLockedBy(parent: SignedState, id: ChannelId): boolean {
  return parent.state.outcome.locked.some((lock) => lock.channelId === id)
}
