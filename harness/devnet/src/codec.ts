import { type Address, encodeAbiParameters, getAbiItem, type Hex, keccak256, parseAbiParameters } from 'viem'
import { privateKeyToAddress, signMessage } from 'viem/accounts'
import { adjudicatorAbi, assetHolderAbi } from './abi.ts'
import type { Params, State, WithdrawalAuth } from './model.ts'

/** The channel's id: the hash of its encoded params. */
export function channelId(params: Params): Hex {
  return keccak256(encodeAbiParameters(getAbiItem({ abi: adjudicatorAbi, name: 'channelID' }).inputs, [params]))
}

/** The bytes that a state's hash is taken of. */
export function encodeState(state: State): Hex {
  return encodeAbiParameters(getAbiItem({ abi: adjudicatorAbi, name: 'hashState' }).inputs, [state])
}

/** What is signed, and what the adjudicator keeps of a state. */
export function stateHash(state: State): Hex {
  return keccak256(encodeState(state))
}

/** 65 bytes r, s, v with v 27 or 28 and a low s; always the same for the same key and state. */
export function signState(privateKey: Hex, state: State): Promise<Hex> {
  return signMessage({ message: { raw: stateHash(state) }, privateKey })
}

/** Lets whoever sends it withdraw what `authorization` says. The key must be that of its participant. */
export function signWithdrawal(privateKey: Hex, authorization: WithdrawalAuth): Promise<Hex> {
  const [type] = getAbiItem({ abi: assetHolderAbi, name: 'withdraw' }).inputs
  return signMessage({ message: { raw: keccak256(encodeAbiParameters([type], [authorization])) }, privateKey })
}

/** Under which id the asset holder books a participant's share of a channel. */
export function fundingId(channel: Hex, participant: Address): Hex {
  return keccak256(encodeAbiParameters(parseAbiParameters('bytes32, address'), [channel, participant]))
}

/** The address that a private key signs for. */
export function addressOf(privateKey: Hex): Address {
  return privateKeyToAddress(privateKey)
}
