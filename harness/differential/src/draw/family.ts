import { channelId } from '@perun-watcher/chain-evm/internal'
import type { Asset, Bytes, ChannelId, Hex, Params } from '@perun-watcher/core'
import { parseBytes } from '@perun-watcher/core'
import type { Addresses } from '../calls/call.ts'
import type { Random } from './random.ts'

/** A channel and what its regular states have in common. */
export interface Channel {
  /** For people. */
  readonly name: string
  readonly id: ChannelId
  readonly params: Params
  /** The participants' private keys, in their order. */
  readonly keys: readonly Hex[]
  readonly assets: readonly Asset[]
  /** Per asset: all that the channel distributes, what it locks included. */
  readonly stake: readonly bigint[]
  /** How many rows of balances its states have: one per asset, unless the channel is odd. */
  readonly rows: number
  readonly children: readonly Child[]
}

/** A channel that another one locks, in versions `from` to `until` - 1. */
export interface Child {
  readonly channel: Channel
  readonly indexMap: readonly number[]
  readonly from: bigint
  readonly until: bigint
  /** Whether other funds are locked than the channel has, by those who sign it alone. */
  readonly isRich: boolean
}

/** What is locked for a child: per asset its stake, or one more. */
export function lockedFor({ channel, isRich }: Child): readonly bigint[] {
  return isRich ? richer(channel.stake) : channel.stake
}

export function richer(stake: readonly bigint[]): readonly bigint[] {
  return stake.map((amount) => amount + 1n)
}

/** Channels that lock each other; no two families share one. */
export interface Family {
  readonly name: string
  readonly channels: readonly Channel[]
  /** Those that are meant to be registered first. */
  readonly roots: readonly Channel[]
}

/** What families are made of. */
export interface Ingredients {
  readonly people: readonly { readonly key: Hex; readonly address: Bytes }[]
  readonly addresses: Addresses
}

type Kind = 'ledger' | 'sub' | 'virtual'

/** Where there is no contract. */
export const noContract = parseBytes(`0x${'00'.repeat(18)}dead`)
const noHolder = parseBytes(`0x${'00'.repeat(20)}`)
const noCrossChain = parseBytes(`0x${'00'.repeat(32)}`)
const empty = parseBytes('0x')

/** Draws a family: one or two roots and what they lock, most of it as decent software would set it up. */
export function drawFamily(name: string, random: Random, ingredients: Ingredients): Family {
  const { people } = ingredients
  const { chainId, etherHolders, tokenHolder, app } = ingredients.addresses
  const channels: Channel[] = []
  const assets = drawAssets()
  // Some families are made of channels whose balances do not fit their assets.
  const isOdd = random.chance(0.12)

  function drawAssets(): readonly Asset[] {
    const [first, second] = etherHolders
    const ether = { chainId, holder: first, crossChainHolder: noCrossChain }
    const other = { ...ether, holder: second }
    const token = { ...ether, holder: tokenHolder }
    return random.weighted<readonly Asset[]>(
      [12, [ether]],
      [3, [ether, other]],
      [2, [ether, token]],
      [2, [token]],
      [1, [ether, other, { ...ether, chainId: 5n }]],
      [3, [ether, { ...ether, chainId: 5n }]],
      [1, [{ ...ether, holder: noHolder, crossChainHolder: noContract }]],
      [1, [ether, { ...ether, holder: noHolder, crossChainHolder: empty }]],
      [1, [ether, ether]],
      [1, [{ ...ether, holder: noContract }]],
      [0.5, []],
    )
  }

  /** Seconds. Short, so that chance meets the timeouts. */
  function drawDuration(): bigint {
    return random.weighted(
      [40, BigInt(1 + random.below(8))],
      [4, 0n],
      [4, 1n],
      [1, 2n ** 64n + 3n],
      [1.5, 2n ** 63n],
      [1.2, 2n ** 64n - 1n],
    )
  }

  function drawRows(): number {
    return isOdd ? Math.max(0, assets.length + random.weighted([3, 0], [3, 1], [2, -1], [1, 2])) : assets.length
  }

  function drawApp(kind: Kind): Bytes | undefined {
    if (!random.chance(kind === 'virtual' ? 0.1 : 0.5)) return undefined
    return random.chance(0.92) ? app : noContract
  }

  function open(label: string, kind: Kind, members: readonly number[], children: readonly Child[]): Channel {
    const params: Params = {
      challengeDuration: drawDuration(),
      nonce: BigInt(channels.length) + (BigInt(random.below(2 ** 32)) << 8n),
      participants: members.map((member) => ({
        address: people[member]?.address ?? noContract,
        crossChainAddress: random.chance(0.9) ? noCrossChain : empty,
      })),
      app: drawApp(kind),
      ledgerChannel: kind === 'ledger' || random.chance(0.1),
      virtualChannel: kind === 'virtual' || random.chance(0.03),
    }
    const own = assets.map(() => BigInt(random.below(40)))
    const rows = drawRows()
    const channel: Channel = {
      name: label,
      id: channelId(params),
      params,
      keys: members.flatMap((member) => people[member]?.key ?? []),
      assets,
      stake: own.map((amount, a) => children.reduce((sum, child) => sum + (lockedFor(child)[a] ?? 0n), amount)),
      rows,
      children,
    }
    channels.push(channel)
    return channel
  }

  function drawChildren(label: string, parents: readonly number[], depth: number): readonly Child[] {
    const count = random.weighted(
      [3, 0],
      [depth === 0 ? 4 : 1, 1],
      [depth === 0 ? 3 : 0.5, 2],
      [depth === 0 ? 1 : 0, 3],
    )
    if (depth > 2 || parents.length === 0) return []
    return Array.from({ length: count }, (_, index) => {
      const name = `${label}.${index}`
      const positions = random.chance(0.7) ? parents.map((_, position) => position) : [random.below(parents.length)]
      const members = positions.map((position) => parents[position] ?? 0)
      const kind = random.weighted<Kind>([3, 'sub'], [1, 'virtual'])
      const below = kind === 'sub' || random.chance(0.15) ? drawChildren(name, members, depth + 1) : []
      return drawChild(open(name, kind, members, below), positions)
    })
  }

  function drawChild(channel: Channel, indexMap: readonly number[], isRich = random.chance(0.03)): Child {
    const from = BigInt(random.weighted([3, 0], [2, 1]))
    return { channel, indexMap, from, until: from + BigInt(2 + random.below(5)), isRich }
  }

  function drawRoot(label: string, shared: readonly Channel[]): Channel {
    const size = random.weighted([7, 2], [2, 3], [0.7, 1], [0.3, 0])
    const first = random.below(people.length)
    const members = Array.from({ length: size }, (_, index) => (first + index) % people.length)
    const lent = size === 0 ? [] : shared
    const children = lent.map((channel) =>
      drawChild(
        channel,
        channel.keys.map(() => random.below(size)),
        random.chance(0.3),
      ),
    )
    return open(label, 'ledger', members, [...children, ...drawChildren(label, members, 0)])
  }

  const root = drawRoot('A', [])
  if (!random.chance(0.4)) return { name, channels, roots: [root] }
  const shared = root.children.map(({ channel }) => channel).filter(({ params }) => params.virtualChannel)
  const any = shared.length > 0 || channels.length < 2 ? shared : [random.pick(channels)]
  return { name, channels, roots: [root, drawRoot('B', any)] }
}
