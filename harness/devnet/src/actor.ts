import { type Address, encodeFunctionData, type Hex, parseEther } from 'viem'
import { adjudicatorAbi, assetHolderAbi, relayAbi, tokenAbi } from './abi.ts'
import { etherOf, isSameAsset, tokenOf } from './assets.ts'
import { addressOf, fundingId, signState, signWithdrawal } from './codec.ts'
import type { Devnet } from './devnet.ts'
import { type Asset, NO_CC, type Params, type SignedState, type State } from './model.ts'
import { readHoldings } from './reads.ts'
import type { Call, SendOptions, Sent } from './transactions.ts'

export interface Progress {
  readonly params: Params
  /** The state that is registered or was progressed to last. */
  readonly stateOld: State
  readonly state: State
  readonly actorIdx: number
  /** Default: this actor's. */
  readonly sig?: Hex
}

export interface Conclude {
  readonly params: Params
  readonly state: State
  /** Depth first, as for `register`. Default: none. */
  readonly subStates?: readonly State[]
}

export interface Withdraw {
  readonly channelId: Hex
  /** Default: the devnet's ether. */
  readonly asset?: Asset
  /** Default: this actor. */
  readonly receiver?: Address
  /** In the asset's smallest units. Default: all that the asset holder keeps for this actor now. */
  readonly amount?: bigint
}

export interface DepositOptions extends Omit<SendOptions, 'nonce'> {
  /** Default: the devnet's ether. */
  readonly asset?: Asset
}

/**
 * Somebody with a key, honest or not. Every method but the signing ones sends one transaction (two where it says so)
 * and resolves when the node has taken it; it is mined as the devnet mines. Nothing is checked before sending.
 */
export interface Actor {
  readonly address: Address
  readonly privateKey: Hex
  readonly sign: (state: State) => Promise<Hex>
  /**
   * Pays into this actor's own share of the channel, in the asset's smallest units. Of the devnet's token it allows the holder
   * to take the amount first, and resolves to the second transaction.
   */
  readonly deposit: (channelId: Hex, amount: bigint, options?: DepositOptions) => Promise<Sent>
  /** `subs` depth first: each locked channel, followed by those locked in it. */
  readonly register: (channel: SignedState, subs?: readonly SignedState[], options?: SendOptions) => Promise<Sent>
  /** The same from within the relay: the transaction's input is a call of `relay`, not of `register`. */
  readonly registerThroughRelay: Actor['register']
  /**
   * The same with any input one likes, such as a registration of something else, or none at all: sends the relay the
   * real call first, then a transaction with `input` that sets it off. Resolves to the second.
   */
  readonly registerDisguised: (
    input: Hex,
    channel: SignedState,
    subs?: readonly SignedState[],
    options?: Omit<SendOptions, 'nonce'>,
  ) => Promise<Sent>
  readonly progress: (progress: Progress, options?: SendOptions) => Promise<Sent>
  readonly conclude: (conclude: Conclude, options?: SendOptions) => Promise<Sent>
  readonly concludeFinal: (channel: SignedState, options?: SendOptions) => Promise<Sent>
  readonly withdraw: (withdraw: Withdraw, options?: SendOptions) => Promise<Sent>
  /** Any other call. */
  readonly send: (call: Call, options?: SendOptions) => Promise<Sent>
}

/** The input of a transaction that registers a tree. */
export function registerInput(channel: SignedState, subs: readonly SignedState[] = []): Hex {
  return encodeFunctionData({ abi: adjudicatorAbi, functionName: 'register', args: [channel, subs] })
}

/**
 * An actor on the devnet. One that owns nothing is given 10 000 ETH, but no tokens; a reorg back to before that takes them away again,
 * so use `devKey` where reorgs go deep.
 */
export async function createActor(devnet: Devnet, privateKey: Hex): Promise<Actor> {
  const address = addressOf(privateKey)
  const { adjudicator, relay, token } = devnet.contracts
  if ((await devnet.client.getBalance({ address })) === 0n) {
    await devnet.anvil.setBalance(address, parseEther('10000'))
  }
  const send = (call: Call, options?: SendOptions): Promise<Sent> => devnet.send(privateKey, call, options)
  const participant = { ethAddress: address, ccAddress: NO_CC }
  return {
    address,
    privateKey,
    sign: (state) => signState(privateKey, state),
    deposit: async (channelId, amount, { asset = etherOf(devnet), ...options } = {}) => {
      const to = asset.ethHolder
      const args = [fundingId(channelId, address), amount] as const
      const data = encodeFunctionData({ abi: assetHolderAbi, functionName: 'deposit', args })
      if (!isSameAsset(asset, tokenOf(devnet))) return await send({ to, data, value: amount }, options)
      const leave = encodeFunctionData({ abi: tokenAbi, functionName: 'approve', args: [to, amount] })
      // In one turn: nothing that this actor sends at the same time gets in between, such as leave for another deposit.
      const [, deposited] = await Promise.all([send({ to: token, data: leave }, options), send({ to, data }, options)])
      return deposited
    },
    register: (channel, subs, options) => send({ to: adjudicator, data: registerInput(channel, subs) }, options),
    registerThroughRelay: (channel, subs, options) => {
      const args = [adjudicator, registerInput(channel, subs)] as const
      return send({ to: relay, data: encodeFunctionData({ abi: relayAbi, functionName: 'relay', args }) }, options)
    },
    registerDisguised: async (input, channel, subs, options) => {
      const args = [adjudicator, registerInput(channel, subs)] as const
      await send({ to: relay, data: encodeFunctionData({ abi: relayAbi, functionName: 'arm', args }) }, options)
      return await send({ to: relay, data: input }, options)
    },
    progress: async ({ params, stateOld, state, actorIdx, sig }, options) => {
      const args = [params, stateOld, state, BigInt(actorIdx), sig ?? (await signState(privateKey, state))] as const
      const data = encodeFunctionData({ abi: adjudicatorAbi, functionName: 'progress', args })
      return await send({ to: adjudicator, data }, options)
    },
    conclude: ({ params, state, subStates = [] }, options) => {
      const args = [params, state, subStates] as const
      const data = encodeFunctionData({ abi: adjudicatorAbi, functionName: 'conclude', args })
      return send({ to: adjudicator, data }, options)
    },
    concludeFinal: ({ params, state, sigs }, options) => {
      const args = [params, state, sigs] as const
      const data = encodeFunctionData({ abi: adjudicatorAbi, functionName: 'concludeFinal', args })
      return send({ to: adjudicator, data }, options)
    },
    withdraw: async ({ channelId, asset = etherOf(devnet), receiver = address, amount }, options) => {
      const all = amount ?? (await readHoldings(devnet, channelId, address, asset))
      const authorization = { channelID: channelId, participant, receiver, amount: all }
      const args = [authorization, await signWithdrawal(privateKey, authorization)] as const
      return await send(
        { to: asset.ethHolder, data: encodeFunctionData({ abi: assetHolderAbi, functionName: 'withdraw', args }) },
        options,
      )
    },
    send,
  }
}
