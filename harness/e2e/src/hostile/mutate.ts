import type { Dice } from '@perun-watcher/harness-kit/dice'

export function randomBytes(dice: Dice, most: number): Buffer {
  return Buffer.from(Array.from({ length: dice.int(0, most) }, () => dice.int(0, 255)))
}

/** A number of 64 bits in the encoding of protocol buffers, such as a length that is not there. */
const hugeVarint = Buffer.from('ffffffffffffffffff01', 'hex')

type Mutation = (bytes: Buffer, at: number, dice: Dice) => Buffer

const mutations: readonly Mutation[] = [
  (bytes, at, dice) => Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ (1 << dice.int(0, 7)) : byte))),
  (bytes, at, dice) => Buffer.from(bytes.map((byte, index) => (index === at ? dice.int(0, 255) : byte))),
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, dice) => Buffer.concat([bytes.subarray(0, at), randomBytes(dice, 32), bytes.subarray(at)]),
  (bytes, at) => Buffer.concat([bytes.subarray(0, at), hugeVarint, bytes.subarray(at + 1)]),
  (bytes, at, dice) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + dice.int(1, 16))]),
  (bytes, at) => Buffer.concat([bytes, bytes.subarray(at)]),
]

/** Nearly the same bytes. */
export function mutated(bytes: Uint8Array, dice: Dice): Buffer {
  let result = Buffer.from(bytes)
  for (let count = dice.int(1, 4); count > 0; count--) {
    result = Buffer.from(dice.pick(mutations)(result, dice.int(0, Math.max(0, result.length - 1)), dice))
  }
  return result
}
