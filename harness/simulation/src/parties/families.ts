import type { Asset, Bytes, ChannelId } from '@perun-watcher/core'
import { assertNever } from '@perun-watcher/core/adapter'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import { type Channel, isLockedBy, type Kind, openChannel } from './channels/channel.ts'
import { accomplice, cheater, honest, usualMembers } from './channels/members.ts'
import { coin, isMoody, purses } from './channels/money.ts'

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
  /** Its parents lock and release children one by one, as they come and go. */
  readonly isRolling: boolean
  /** Whether each new state pays the client more, whatever it locks. */
  readonly isRising: boolean
  /** Whether the cheater decides if it can be paid out. */
  readonly isMoody: boolean
}

/** What a family is to be, instead of what chance would make of it. */
export interface Cast {
  readonly shape: Shape
  /** Which of its channels have an app. */
  readonly apps: 'none' | 'below'
}

export interface FamilyOptions {
  readonly cast?: Cast | undefined
  readonly number: number
  /** Seconds. */
  readonly durations: readonly bigint[]
}

type Shape = 'single' | 'sub' | 'subs' | 'nested' | 'virtual' | 'hub' | 'bridge' | 'late' | 'rolling' | 'deep'

const shapes: readonly Shape[] = [
  ...(['single', 'single', 'sub', 'subs', 'nested', 'virtual', 'hub', 'late', 'late', 'late'] as const),
  ...(['bridge', 'rolling', 'rolling', 'deep'] as const),
]

/** Each above what all channels below pay together, so that its version outweighs them. */
const rises = { root: 100_000n, parent: 100n, leaf: 1n } as const

/** Enough for a thousand states of a root, or a hundred of one between. */
const fundsToRise = { root: 100_000_000n, parent: 10_000n } as const

interface Opening {
  readonly kind: Kind
  readonly funds: bigint
  readonly locks?: readonly Channel[]
  readonly members?: readonly Bytes[]
}

export function openFamily(dice: Dice, { number, durations, cast }: FamilyOptions): Family {
  let nonce = BigInt(number) * 1000n
  const duration = dice.pick(durations)
  const isRising = dice.chance(0.5)
  const assets: readonly Asset[] = cast !== undefined || dice.chance(0.7) ? [coin] : dice.pick(purses)
  const parentOf = new Map<ChannelId, Channel>()
  /** Opened so far, children before parents. */
  const opened: Channel[] = []

  function open({ kind, funds, locks = [], members = usualMembers }: Opening): Channel {
    nonce += 1n
    const isChosen = (): boolean => (cast === undefined ? dice.chance(0.25) : cast.apps === 'below' && kind === 'sub')
    const hasApp = kind !== 'virtual' && isChosen()
    const ownDuration = cast !== undefined || dice.chance(0.8) ? duration : dice.pick(durations)
    const place = kind === 'ledger' ? 'root' : locks.length > 0 ? 'parent' : 'leaf'
    const rise = isRising ? rises[place] : undefined
    const channel = openChannel({ kind, duration: ownDuration, hasApp, funds, nonce, members, assets, rise }, locks)
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
        return [open({ kind: 'sub', funds: 100n })]
      case 'subs':
        return [open({ kind: 'sub', funds: 100n }), open({ kind: 'sub', funds: 50n })]
      case 'rolling':
        return [100n, 50n, 30n].map((funds) => open({ kind: 'sub', funds }))
      case 'nested':
      case 'deep': {
        const low = open({ kind: 'sub', funds: 20n })
        const funds = isRising ? fundsToRise.parent : 100n
        return [open({ kind: 'sub', funds, locks: [low] }), open({ kind: 'sub', funds: 50n })]
      }
      case 'virtual':
      case 'hub':
        return [open({ kind: 'virtual', funds: 40n })]
      case 'bridge':
        return [open({ kind: 'virtual', funds: 40n, members: [cheater, accomplice] })]
      default:
        return assertNever(shape)
    }
  }

  const shape = cast?.shape ?? dice.pick(shapes)
  const children = openChildren(shape)
  // In a late family the parent locks its child only with a later state.
  const root = open({
    kind: 'ledger',
    funds: isRising ? fundsToRise.root : 1000n,
    locks: shape === 'late' ? [] : children,
  })
  for (const child of children) parentOf.set(child.id, root)
  const isShared = shape === 'virtual' || shape === 'hub' || shape === 'bridge'
  const otherMembers = shape === 'bridge' ? [honest, accomplice] : usualMembers
  const foreign = isShared
    ? openChannel(
        { kind: 'ledger', duration, hasApp: false, funds: 500n, nonce: nonce + 1n, members: otherMembers, assets },
        children,
      )
    : undefined
  const isHub = shape !== 'virtual' && foreign !== undefined
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
    isRolling: shape === 'rolling' || shape === 'deep',
    isRising: isRising && !isShared,
    isMoody: isMoody(assets),
  }
}

/** The channels of a family that a channel may lock. */
export function childrenOf({ channels, parentOf }: Family, parent: Channel): readonly Channel[] {
  return channels.filter((each) => parentOf.get(each.id) === parent)
}

/** What it locks with its newest state. */
export function lockedChildren(family: Family, parent: Channel): readonly Channel[] {
  return childrenOf(family, parent).filter(({ id }) => isLockedBy(parent.newest, id))
}
