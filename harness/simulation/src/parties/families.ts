import { type Asset, type ChannelId, type Params, parseBytes, type SignedState } from '@perun-watcher/core'
import { assertNever } from '@perun-watcher/core/adapter'
import { modelChannelId, modelSigned } from '@perun-watcher/core/testing'
import type { Dice } from '@perun-watcher/harness-kit/dice'

export type Kind = 'ledger' | 'sub' | 'virtual'

/** One channel with every state that both parties ever signed, oldest first. */
export interface Channel {
  readonly id: ChannelId
  readonly kind: Kind
  readonly params: Params
  readonly funds: bigint
  readonly states: readonly SignedState[]
  readonly newest: SignedState
  /** Other states with the same versions that both parties were careless enough to sign as well. */
  readonly rivals: readonly SignedState[]
  /** Signs the next state. */
  update(change: StateChange): SignedState
  /** Signs another state with the version of the newest. */
  addRival(): SignedState
}

export interface StateChange {
  readonly locks?: readonly Channel[]
  readonly isFinal?: boolean
  /** Versions left out. */
  readonly skip?: number
  /** Locks one unit too much for each channel below. */
  readonly hasWrongLocks?: boolean
}

const honest = parseBytes(`0x${'0a'.repeat(20)}`)
const cheater = parseBytes(`0x${'0c'.repeat(20)}`)
const empty = parseBytes('0x')
const someApp = parseBytes(`0x${'99'.repeat(20)}`)
const coin: Asset = { chainId: 1n, holder: parseBytes(`0x${'55'.repeat(20)}`), crossChainHolder: empty }

export interface ChannelPlan {
  readonly kind: Kind
  readonly duration: bigint
  readonly hasApp: boolean
  readonly funds: bigint
  readonly nonce: bigint
}

export function openChannel(plan: ChannelPlan, locks: readonly Channel[] = []): Channel {
  const params: Params = {
    challengeDuration: plan.duration,
    nonce: plan.nonce,
    participants: [honest, cheater].map((address) => ({ address, crossChainAddress: empty })),
    app: plan.hasApp ? someApp : undefined,
    ledgerChannel: plan.kind === 'ledger',
    virtualChannel: plan.kind === 'virtual',
  }
  const id = modelChannelId(params)

  function sign(
    version: bigint,
    { locks: locked = lockedNow, isFinal = false, hasWrongLocks }: StateChange,
    split = 7n,
  ): SignedState {
    const excess = hasWrongLocks ? 1n : 0n
    const allocs = locked.map((child) => ({ channelId: child.id, balances: [child.funds + excess], indexMap: [0, 1] }))
    const free = plan.funds - locked.reduce((sum, child) => sum + child.funds + excess, 0n)
    const mine = (version * split) % (free + 1n)
    const outcome = { assets: [coin], backends: [1n], balances: [[mine, free - mine]], locked: allocs }
    return modelSigned(params, { channelId: id, version, outcome, appData: empty, isFinal })
  }

  let lockedNow = locks
  let newest = sign(0n, {})
  const states = [newest]
  const rivals: SignedState[] = []
  return {
    id,
    kind: plan.kind,
    params,
    funds: plan.funds,
    states,
    get newest() {
      return newest
    },
    rivals,
    update(change) {
      newest = sign(newest.state.version + 1n + BigInt(change.skip ?? 0), change)
      lockedNow = change.locks ?? lockedNow
      states.push(newest)
      return newest
    },
    addRival() {
      const rival = sign(newest.state.version, { isFinal: newest.state.isFinal }, 11n)
      rivals.push(rival)
      return rival
    },
  }
}

/** A ledger channel with everything below it. */
export interface Family {
  readonly number: number
  readonly root: Channel
  /** Another parent of its virtual channel. */
  readonly foreign: Channel | undefined
  /** The ledger channels that the client watches: the root, and as a hub the other parent as well. */
  readonly roots: readonly Channel[]
  /** The root first, parents before children. */
  readonly channels: readonly Channel[]
  readonly parentOf: ReadonlyMap<ChannelId, Channel>
  /** A sub-channel that the parent locks only with a later state. */
  readonly lateChild: Channel | undefined
}

type Shape = 'single' | 'sub' | 'subs' | 'nested' | 'virtual' | 'hub' | 'late'

const shapes: readonly Shape[] = ['single', 'single', 'sub', 'subs', 'nested', 'virtual', 'hub', 'late', 'late', 'late']
const durations = [300n, 600n, 900n, 1200n]

export function openFamily(dice: Dice, number: number): Family {
  let nonce = BigInt(number) * 1000n
  const duration = dice.pick(durations)
  const parentOf = new Map<ChannelId, Channel>()
  /** Opened so far, children before parents. */
  const opened: Channel[] = []

  function open(kind: Kind, funds: bigint, locks: readonly Channel[] = []): Channel {
    nonce += 1n
    const hasApp = kind !== 'virtual' && dice.chance(0.25)
    const ownDuration = dice.chance(0.8) ? duration : dice.pick(durations)
    const channel = openChannel({ kind, duration: ownDuration, hasApp, funds, nonce }, locks)
    for (const child of locks) parentOf.set(child.id, channel)
    opened.push(channel)
    return channel
  }

  function openChildren(shape: Shape): readonly Channel[] {
    switch (shape) {
      case 'single':
        return []
      case 'sub':
      case 'late':
        return [open('sub', 100n)]
      case 'subs':
        return [open('sub', 100n), open('sub', 50n)]
      case 'nested':
        return [open('sub', 100n, [open('sub', 20n)]), open('sub', 50n)]
      case 'virtual':
      case 'hub':
        return [open('virtual', 40n)]
      default:
        return assertNever(shape)
    }
  }

  const shape = dice.pick(shapes)
  const children = openChildren(shape)
  // In a late family the parent locks its child only with a later state.
  const root = open('ledger', 1000n, shape === 'late' ? [] : children)
  for (const child of children) parentOf.set(child.id, root)
  const foreign = shape === 'virtual' || shape === 'hub' ? foreignParent(children, nonce + 1n, duration) : undefined
  const isHub = shape === 'hub' && foreign !== undefined
  const roots = isHub ? [root, foreign] : [root]
  const below = [...opened].reverse().filter((channel) => channel !== root)
  return {
    number,
    root,
    foreign,
    roots,
    channels: [...roots, ...below],
    parentOf,
    lateChild: shape === 'late' ? children[0] : undefined,
  }
}

/** Both parties have signed a state in which a channel locks another one. */
export function isLockedBy(parent: SignedState, id: ChannelId): boolean {
  return parent.state.outcome.locked.some((lock) => lock.channelId === id)
}

function foreignParent(children: readonly Channel[], nonce: bigint, duration: bigint): Channel {
  return openChannel({ kind: 'ledger', duration, hasApp: false, funds: 500n, nonce }, children)
}
