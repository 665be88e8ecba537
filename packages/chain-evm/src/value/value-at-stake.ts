import { type AbortOptions, type Bytes, type ChannelId, type Hex, hasCode, type SignedState } from '@perun-watcher/core'
import { mapConcurrently } from '@perun-watcher/core/internal'
import { toHex } from '../codec/hex.ts'
import { keccak256 } from '../codec/keccak.ts'
import type { EvmClient } from '../rpc/evm-client.ts'
import { invalidAnswer, parseRpcBytes, toQuantity } from '../rpc/parse-rpc.ts'

export interface ValueAtStakeOptions {
  readonly client: EvmClient
  readonly chainId: bigint
  /** Asset holders that hold the chain's own coin, in lower case. What others hold may be worth anything. */
  readonly etherHolders: ReadonlySet<string>
}

/**
 * What the asset holders hold for a ledger channel, in wei.
 *
 * @returns `undefined`: it cannot be told, because it is worth something that is not counted in wei, is on another chain, or no
 *   answer came. Never rejects but with the reason of the signal.
 */
export type ValueAtStake = (channel: SignedState, options?: AbortOptions) => Promise<bigint | undefined>

/** First four bytes of a call of `holdings(bytes32)`. */
const holdingsSelector: Hex = '0xae9ee18c'

/** So many shares are looked at; a channel with more is worth what is not known. */
const mostShares = 64
const readConcurrency = 8

/** Reading one share takes a few thousand; whoever made the holder decides what it does. */
const gasForOneShare = 200_000n

const addressBytes = 20

/** A participant's share of a channel: the hash of the channel's id and of the address, in 32 bytes each. */
export function fundingId(channelId: ChannelId, address: Bytes): Hex {
  const padded = address.slice(2).padStart(64, '0')
  return toHex(keccak256(Buffer.from(channelId.slice(2) + padded, 'hex')))
}

const isAddress = (bytes: Bytes): boolean => bytes.length === 2 + 2 * addressBytes

interface Share {
  readonly holder: Bytes
  readonly id: Hex
}

export function valueAtStake({ client, chainId, etherHolders }: ValueAtStakeOptions): ValueAtStake {
  /** What is held by the word of one endpoint. An account without code holds nothing: no money can come out of it. */
  async function held({ holder, id }: Share, secondOpinion: boolean, options: AbortOptions): Promise<bigint> {
    const call = { to: holder, data: `${holdingsSelector}${id.slice(2)}`, gas: toQuantity(gasForOneShare) }
    const answer = parseRpcBytes(
      await client.request('eth_call', [call, 'latest'], { ...options, secondOpinion }),
      'holdings',
    )
    if (answer.length === 2) return 0n
    if (answer.length !== 2 + 64) throw invalidAnswer('holdings', '32 bytes', answer)
    return BigInt(answer)
  }

  /** The more of two readings: who says too little keeps somebody's newest state from being registered. */
  async function heldAtLeast(share: Share, options: AbortOptions): Promise<bigint | undefined> {
    const readings = await Promise.allSettled([held(share, false, options), held(share, true, options)])
    options.signal?.throwIfAborted()
    const known = readings.flatMap((reading) => (reading.status === 'fulfilled' ? [reading.value] : []))
    // A holder that refuses to say may hold anything.
    const isRefused = readings.some(
      (reading) => reading.status === 'rejected' && hasCode(reading.reason, 'RPC_REFUSED'),
    )
    return isRefused || known.length === 0 ? undefined : known.reduce((most, each) => (each > most ? each : most), 0n)
  }

  return async ({ params, state }, options = {}) => {
    const { assets } = state.outcome
    const isHere = assets.every((asset) => asset.chainId === chainId && isAddress(asset.holder))
    if (!isHere || assets.length * params.participants.length > mostShares) return undefined
    const shares = [...new Set(assets.map(({ holder }) => holder))].flatMap((holder) =>
      params.participants.map(({ address }): Share => ({ holder, id: fundingId(state.channelId, address) })),
    )
    const amounts = await mapConcurrently(shares, readConcurrency, (share) => heldAtLeast(share, options))
    let value = 0n
    for (const [index, { holder }] of shares.entries()) {
      const amount = amounts[index]
      const isEther = etherHolders.has(holder.toLowerCase())
      if (amount === undefined || (amount > 0n && !isEther)) return undefined
      value += amount
    }
    return value
  }
}
