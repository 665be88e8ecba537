import { keccak_256 } from '@noble/hashes/sha3.js'
import { hexToBytes } from '@noble/hashes/utils.js'
import type { Bytes, Hex } from '@perun-watcher/core'

const bloomBits = 2048

/** Where a value sets its three bits, counted from the least significant bit of the filter. */
function bitsOf(value: Hex): readonly number[] {
  const hash = new DataView(keccak_256(hexToBytes(value.slice(2))).buffer)
  return [0, 2, 4].map((offset) => hash.getUint16(offset) % bloomBits)
}

/**
 * A test whether a block may hold logs with all of `values` (address, topics). `false` is certain, as far as the filter
 * can be trusted: some chains leave it empty, so never skip a query because of it.
 */
export function bloomTest(values: readonly Hex[]): (bloom: Bytes) => boolean {
  const bits = values.flatMap(bitsOf)
  return (bloom) => {
    const filter = BigInt(bloom)
    return bits.every((bit) => (filter >> BigInt(bit)) & 1n)
  }
}
