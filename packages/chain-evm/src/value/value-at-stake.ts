import {
  type AbortOptions,
  type Bytes,
  type ChannelId,
  type Clock,
  type Hex,
  hasCode,
  type SignedState,
} from '@perun-watcher/core'
import type { CallsAtBlock } from '../calls/calls-at-block.ts'
import { toHex } from '../codec/hex.ts'
import { keccak256 } from '../codec/keccak.ts'
import { parseAddress } from '../rpc/parse-rpc.ts'
import { type Held, type HoldingsReader, holdingsReader } from './holdings-reader.ts'

export interface ValueAtStakeDeps {
  readonly calls: Pick<CallsAtBlock, 'readNewest'>
  readonly clock: Clock
  readonly chainId: bigint
  /** Asset holders that hold the chain's own coin, in lower case. What others hold may be worth anything. */
  readonly etherHolders: ReadonlySet<string>
}

export interface ValueOptions extends AbortOptions {
  /**
   * Whether two endpoints must have answered, where there are several: for decisions by which somebody loses if it is more than
   * one of them says. Default: the word of one will do where no other answers.
   */
  readonly agreed?: boolean | undefined
}

/**
 * What the asset holders hold for a ledger channel, in wei: the more of what two endpoints say.
 *
 * @returns `undefined`: it cannot be told, because it is worth something that is not counted in wei, is on another chain, or no
 *   answer came. Never rejects but with the reason of the signal.
 */
export type ValueAtStake = (channel: SignedState, options?: ValueOptions) => Promise<bigint | undefined>

/** So many shares are looked at; a channel with more is worth what is not known. */
const mostShares = 64
const addressBytes = 20

/** A participant's share of a channel: the hash of the channel's id and of the address, in 32 bytes each. */
export function fundingId(channelId: ChannelId, address: Bytes): Hex {
  const padded = address.slice(2).padStart(64, '0')
  return toHex(keccak256(Buffer.from(channelId.slice(2) + padded, 'hex')))
}

const isAddress = (bytes: Bytes): boolean => bytes.length === 2 + 2 * addressBytes

/** What each of two endpoints says that a holder holds. */
type Readers = readonly [HoldingsReader, HoldingsReader]

export function valueAtStake({ calls, clock, chainId, etherHolders }: ValueAtStakeDeps): ValueAtStake {
  const etherReaders = new Map([...etherHolders].map((holder) => [holder, readersOf(holder, true)]))

  function readersOf(holder: string, isTrusted: boolean): Readers {
    const deps = { calls, clock, holder: parseAddress(holder), isTrusted }
    return [holdingsReader({ ...deps, secondOpinion: false }), holdingsReader({ ...deps, secondOpinion: true })]
  }

  /** The more of two readings: who says too little keeps somebody's newest state from being registered. */
  async function heldAtLeast(readers: Readers, share: Hex, options: ValueOptions): Promise<bigint | undefined> {
    const { signal, agreed = false } = options
    const readings = await Promise.allSettled(readers.map((held) => held(share, { signal })))
    signal?.throwIfAborted()
    const known = readings.flatMap((reading) => (reading.status === 'fulfilled' ? [reading.value] : []))
    // A holder that refuses to say may hold anything.
    const isRefused = readings.some(
      (reading) => reading.status === 'rejected' && hasCode(reading.reason, 'RPC_REFUSED'),
    )
    if (isRefused || known.length === 0 || (agreed && !areOfTwo(known))) return undefined
    return known.reduce((most, { amount }) => (amount > most ? amount : most), 0n)
  }

  return async ({ params, state }, options = {}) => {
    const { assets } = state.outcome
    const isHere = assets.every((asset) => asset.chainId === chainId && isAddress(asset.holder))
    if (!isHere || assets.length * params.participants.length > mostShares) return undefined
    const shares = [...new Set(params.participants.map(({ address }) => fundingId(state.channelId, address)))]
    const holders = [...new Set(assets.map(({ holder }) => holder.toLowerCase()))]
    const held = await Promise.all(
      holders.map(async (holder) => {
        const readers = etherReaders.get(holder) ?? readersOf(holder, false)
        const amounts = await Promise.all(shares.map((share) => heldAtLeast(readers, share, options)))
        return weiOf(amounts, etherReaders.has(holder))
      }),
    )
    return sum(held)
  }
}

/** Whether these are the words of two endpoints, or of the only one that there is. */
function areOfTwo([one, other]: readonly Held[]): boolean {
  return one !== undefined && other !== undefined && (one.by === undefined || one.by !== other.by)
}

/** What is held of one asset, in wei. */
function weiOf(amounts: readonly (bigint | undefined)[], isEther: boolean): bigint | undefined {
  const amount = sum(amounts)
  return amount === 0n || isEther ? amount : undefined
}

/** `undefined` where one of them is not known. */
function sum(amounts: readonly (bigint | undefined)[]): bigint | undefined {
  let total = 0n
  for (const amount of amounts) {
    if (amount === undefined) return undefined
    total += amount
  }
  return total
}
