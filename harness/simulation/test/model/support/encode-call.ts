import { v1 } from '@perun-watcher/chain-evm/internal'
import type { Hex, Params, SignedState, State } from '@perun-watcher/core'
import type { Call } from './apply-call.ts'

/** One value in an encoding, without `0x`: a word, or the bytes that an offset points at. */
type Part = { readonly word: string } | { readonly tail: string }

export type EncodeCall = (call: Call) => Hex

/**
 * Encodes calls as the contract takes them. Parameters and states by chain-evm, each once, because encoding would
 * otherwise take most of the test's time; what holds them together, here.
 */
export function rememberingEncoder(): EncodeCall {
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

  const partsOf = (call: Call): readonly Part[] => {
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
  return (call) => `${v1.selectors[call.name]}${tuple(partsOf(call))}`
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
