import type { Address, Hex } from 'viem'
import { adjudicatorAbi, assetHolderAbi } from './abi.ts'
import { fundingId } from './codec.ts'
import type { Devnet } from './devnet.ts'

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

/** Wei that the asset holder keeps for a participant of a channel. */
export function readHoldings(devnet: Devnet, channelId: Hex, participant: Address): Promise<bigint> {
  return devnet.client.readContract({
    address: devnet.contracts.assetHolder,
    abi: assetHolderAbi,
    functionName: 'holdings',
    args: [fundingId(channelId, participant)],
  })
}

/** Whether the outcome of a channel is set, so that participants may withdraw. */
export function readSettled(devnet: Devnet, channelId: Hex): Promise<boolean> {
  return devnet.client.readContract({
    address: devnet.contracts.assetHolder,
    abi: assetHolderAbi,
    functionName: 'settled',
    args: [channelId],
  })
}
