import { keccak_256 } from '@noble/hashes/sha3.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keccak256, keccakLoaded } from '../../src/codec/keccak.ts'

describe('hashing', () => {
  const check = (): void =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(Buffer.from(keccak256(bytes)).equals(keccak_256(bytes))).toBe(true)
      }),
    )

  it('is right from the first call on', check)

  it('is right once the fast implementation is loaded', async () => {
    await keccakLoaded()
    check()
    // Across many sizes, and larger than what WebAssembly starts with.
    for (const size of [0, 1, 135, 136, 137, 832, 65_536, 3_000_000]) {
      const bytes = new Uint8Array(size).fill(size & 0xff)
      expect(Buffer.from(keccak256(bytes)).equals(keccak_256(bytes))).toBe(true)
    }
  })

  it('gives results that later calls do not change', async () => {
    await keccakLoaded()
    const first = keccak256(new Uint8Array(32))
    const copy = Buffer.from(first)
    keccak256(new Uint8Array(32).fill(1))
    expect(copy.equals(first)).toBe(true)
  })
})
