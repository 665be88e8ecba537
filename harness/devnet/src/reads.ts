import type { Address, Hex } from 'viem'
import { adjudicatorAbi, assetHolderAbi, tokenAbi } from './abi.ts'
import { etherOf } from './assets.ts'
import { fundingId } from './codec.ts'
import type { Devnet } from './devnet.ts'
import type { Asset } from './model.ts'

/** What the adjudicator holds for a channel. Times are block times in seconds. */
export interface Dispute {
  readonly timeout: bigint
  readonly challengeDuration: bigint
  readonly version: bigint
  readonly phase: number
  readonly stateHash: Hex
  readonly hasApp: boolean
}

/** One log of the adjudicator. */
export interface ChannelUpdate {
  readonly channelID: Hex
  readonly version: bigint
  readonly phase: number
  readonly timeout: bigint
  readonly blockNumber: bigint
  readonly transactionHash: Hex
}

export interface ChannelUpdateFilter {
  /** Only this channel's. */
  readonly channelId?: Hex
  /** Default: the first block. */
  readonly fromBlock?: bigint
  /** Default: the newest block. */
  readonly toBlock?: bigint
}

/** A channel's record at the adjudicator; undefined if it was never registered. */
export async function readDispute(devnet: Devnet, channelId: Hex): Promise<Dispute | undefined> {
  const [timeout, challengeDuration, version, phase, stateHash, hasApp] = await devnet.client.readContract({
    address: devnet.contracts.adjudicator,
    abi: adjudicatorAbi,
    functionName: 'disputes',
    args: [channelId],
  })
  if (BigInt(stateHash) === 0n) return undefined
  return { timeout, challengeDuration, version, phase, stateHash, hasApp }
}

/** The adjudicator's logs, oldest first. */
export async function readChannelUpdates(
  devnet: Devnet,
  { channelId, fromBlock = 0n, toBlock }: ChannelUpdateFilter = {},
): Promise<readonly ChannelUpdate[]> {
  const logs = await devnet.client.getContractEvents({
    address: devnet.contracts.adjudicator,
    abi: adjudicatorAbi,
    eventName: 'ChannelUpdate',
    fromBlock,
    strict: true,
    ...(channelId === undefined ? {} : { args: { channelID: channelId } }),
    ...(toBlock === undefined ? {} : { toBlock }),
  })
  return logs.map(({ args, blockNumber, transactionHash }) => ({ ...args, blockNumber, transactionHash }))
}

/** What is kept of an asset for a participant of a channel, in its smallest units. @param asset - Default: ether. */
export function readHoldings(
  devnet: Devnet,
  channelId: Hex,
  participant: Address,
  asset: Asset = etherOf(devnet),
): Promise<bigint> {
  return devnet.client.readContract({
    address: asset.ethHolder,
    abi: assetHolderAbi,
    functionName: 'holdings',
    args: [fundingId(channelId, participant)],
  })
}

/** What somebody owns of the devnet's token, in its smallest units. */
export function readTokens(devnet: Devnet, owner: Address): Promise<bigint> {
  return devnet.client.readContract({
    address: devnet.contracts.token,
    abi: tokenAbi,
    functionName: 'balanceOf',
    args: [owner],
  })
}

/**
 * Whether the outcome of a channel is set, so that participants may withdraw their shares of an asset.
 *
 * @param asset - Default: ether.
 */
export function readSettled(devnet: Devnet, channelId: Hex, asset: Asset = etherOf(devnet)): Promise<boolean> {
  return devnet.client.readContract({
    address: asset.ethHolder,
    abi: assetHolderAbi,
    functionName: 'settled',
    args: [channelId],
  })
}
