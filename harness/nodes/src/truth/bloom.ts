import type { Hex } from '@perun-watcher/core'
import { keccakHex } from './hash.ts'

const bytes = 256

/** The filter of a block over the addresses and topics of its logs (yellow paper, 4.3.1). */
export function bloomOf(values: readonly Hex[]): Hex {
  const filter = Buffer.alloc(bytes)
  for (const value of values) {
    const hash = Buffer.from(keccakHex(value).slice(2), 'hex')
    for (const at of [0, 2, 4]) {
      const bit = hash.readUInt16BE(at) % (8 * bytes)
      const index = bytes - 1 - (bit >> 3)
      filter[index] = (filter[index] ?? 0) | (1 << (bit & 7))
    }
  }
  return `0x${filter.toString('hex')}`
}
