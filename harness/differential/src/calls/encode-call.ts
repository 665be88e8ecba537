import { v1 } from '@perun-watcher/chain-evm/internal'
import { type Hex, type Params, type Participant, parseBytes, type SignedState, type State } from '@perun-watcher/core'
import { assetHolderAbi } from '@perun-watcher/devnet'
import { encodeFunctionData } from 'viem'
import type { Addresses, AdjudicatorCall, Call, HolderCall } from './call.ts'
import { fundingIdOf } from './model-holders.ts'

/** One value in an encoding, without `0x`: a word, or the bytes that an offset points at. */
type Part = { readonly word: string } | { readonly tail: string }

/** A call as a transaction makes it. */
export interface EncodedCall {
  readonly to: Hex
  readonly data: Hex
  /** In wei. */
  readonly value: bigint
}

export type EncodeCall = (call: Call) => EncodedCall

/**
 * Encodes calls as the contract takes them. Parameters and states by chain-evm, each once, because encoding would
 * otherwise take most of the test's time; what holds them together, here.
 */
export function rememberingEncoder({ adjudicator }: Addresses): EncodeCall {
  const tails = new WeakMap<Params | State, string>()

  const tailOf = (value: Params | State, encode: () => Uint8Array): Part => {
    const known = tails.get(value)
    if (known !== undefined) return { tail: known }
    // After the offset with which the encoding of a single argument begins.
    const tail = Buffer.from(encode()).toString('hex', 32)
    tails.set(value, tail)
    return { tail }
  }
  const paramsOf = (params: Params): Part => tailOf(params, () => v1.encodeParams(params))
  const stateOf = (state: State): Part => tailOf(state, () => v1.encodeState(state))
  const signedOf = ({ params, state, sigs }: SignedState): Part => ({
    tail: tuple([paramsOf(params), stateOf(state), list(sigs.map(bytes))]),
  })

  const partsOf = (call: AdjudicatorCall): readonly Part[] => {
    switch (call.name) {
      case 'register':
        return [signedOf(call.channel), list(call.subChannels.map(signedOf))]
      case 'progress': {
        const { params, stateOld, state, actorIdx, sig } = call.move
        return [paramsOf(params), stateOf(stateOld), stateOf(state), { word: word(BigInt(actorIdx)) }, bytes(sig)]
      }
      case 'conclude':
        return [paramsOf(call.channel.params), stateOf(call.channel.state), list(call.subStates.map(stateOf))]
      case 'concludeFinal': {
        const { params, state, sigs } = call.channel
        return [paramsOf(params), stateOf(state), list(sigs.map(bytes))]
      }
    }
  }
  return (call) => {
    if ('holder' in call) return encodeHolderCall(call)
    return { to: adjudicator, data: `${v1.selectors[call.name]}${tuple(partsOf(call))}`, value: 0n }
  }
}

function encodeHolderCall(call: HolderCall): EncodedCall {
  const abi = assetHolderAbi
  const to = call.holder
  switch (call.name) {
    case 'deposit': {
      const args = [fundingIdOf(call.channelId, call.participant), call.amount] as const
      return { to, data: encodeFunctionData({ abi, functionName: call.name, args }), value: call.value }
    }
    case 'setOutcome': {
      const args = [call.channelId, call.participants.map(participantToAbi), call.balances] as const
      return { to, data: encodeFunctionData({ abi, functionName: call.name, args }), value: 0n }
    }
    case 'withdraw': {
      const { channelId: channelID, amount, receiver } = call
      const authorization = { channelID, participant: participantToAbi(call.participant), receiver, amount }
      const args = [authorization, parseBytes(call.signature)] as const
      return { to, data: encodeFunctionData({ abi, functionName: call.name, args }), value: 0n }
    }
  }
}

export function participantToAbi({ address, crossChainAddress }: Participant): {
  readonly ethAddress: Hex
  readonly ccAddress: Hex
} {
  return { ethAddress: address, ccAddress: crossChainAddress }
}

function tuple(parts: readonly Part[]): string {
  let offset = 32 * parts.length
  const heads = parts.map((part) => {
    if ('word' in part) return part.word
    const head = word(BigInt(offset))
    offset += part.tail.length / 2
    return head
  })
  return [...heads, ...parts.map((part) => ('tail' in part ? part.tail : ''))].join('')
}

function list(items: readonly Part[]): Part {
  return { tail: word(BigInt(items.length)) + tuple(items) }
}

function bytes(text: string): Part {
  const digits = text.slice(2)
  const padded = digits.padEnd(Math.ceil(digits.length / 64) * 64, '0')
  return { tail: word(BigInt(digits.length / 2)) + padded }
}

function word(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}
