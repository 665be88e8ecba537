import { type Hex, parseBytes } from '@perun-watcher/core'
import type { Call } from '../calls/call.ts'
import type { EncodeCall, EncodedCall } from '../calls/encode-call.ts'
import { type Random, randomFrom } from './random.ts'

/**
 * Encodes calls, half of them with damage to what the contract has to decode: offsets and lengths that lead astray, words
 * with bits where there must be none, input that is too short or too long. The same call is always damaged the same way.
 */
export function garblingEncoder(encode: EncodeCall, seed: string): EncodeCall {
  const made = new WeakMap<Call, EncodedCall>()
  return (call) => {
    const known = made.get(call)
    if (known !== undefined) return known
    const whole = encode(call)
    const random = randomFrom(`${seed}/${whole.data}`)
    const garbled = random.chance(0.5) ? whole : { ...whole, data: garble(whole.data, random) }
    made.set(call, garbled)
    return garbled
  }
}

/** Digits of a function's selector, and of a word. */
const selector = 8
const word = 64

function garble(data: Hex, random: Random): Hex {
  let digits = data.slice(2)
  for (let left = 1 + random.below(2); left > 0; left--) {
    const at = selector + word * random.below(Math.floor((digits.length - selector) / word))
    digits = random.pick(damages)(digits, at, random)
  }
  return parseBytes(`0x${digits}`)
}

/** @param at - where a word begins */
type Damage = (digits: string, at: number, random: Random) => string

const damages: readonly Damage[] = [
  (digits, at) => put(digits, at, 'ff'),
  (digits, at) => put(digits, at, 'f'.repeat(word)),
  (digits, at) => put(digits, at + word - 4, '0001'),
  (digits, at) => put(digits, at + word - 18, 'ff'),
  (digits, at, random) => put(digits, at + word - 2, random.below(256).toString(16).padStart(2, '0')),
  (digits, at, random) => put(digits, at + word - 4, (32 * random.below(40)).toString(16).padStart(4, '0')),
  (digits, at) => digits.slice(0, Math.max(selector, at)),
  (digits, _, random) => digits + '00'.repeat(random.below(70)),
]

function put(digits: string, at: number, text: string): string {
  return digits.slice(0, at) + text + digits.slice(at + text.length)
}
