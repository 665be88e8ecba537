import { computeAddress, getAddress } from 'ethers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressOf, checksummed, hexOf, isPrivateKey, newPrivateKey } from '../../src/keys/private-key.ts'

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const bytesOf = (value: bigint): Uint8Array => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')

test('the address of any key, with its checksum, is that of ethers', () => {
  fc.assert(
    fc.property(fc.bigInt(1n, order - 1n), (value) => {
      const key = bytesOf(value)
      expect(isPrivateKey(key)).toBe(true)
      expect(checksummed(addressOf(key))).toBe(computeAddress(hexOf(key)))
      expect(checksummed(addressOf(key))).toBe(getAddress(addressOf(key)))
    }),
    { numRuns: 50 },
  )
})

test.each([0n, order, order + 1n, 2n ** 256n - 1n])('%i is no private key', (value) => {
  expect(isPrivateKey(bytesOf(value))).toBe(false)
})

test('31 and 33 bytes are no private key', () => {
  expect(isPrivateKey(new Uint8Array(31).fill(1))).toBe(false)
  expect(isPrivateKey(new Uint8Array(33).fill(1))).toBe(false)
})

test('a new key is one, and another each time', () => {
  const [one, other] = [newPrivateKey(), newPrivateKey()]
  expect(isPrivateKey(one)).toBe(true)
  expect(hexOf(one)).not.toBe(hexOf(other))
})
