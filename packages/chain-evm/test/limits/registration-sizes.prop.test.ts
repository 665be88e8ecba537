import type { SignedState } from '@perun-watcher/core'
import fc from 'fast-check'
import { from, serialize } from 'ox/TxEnvelopeEip1559'
import { describe, expect, it } from 'vitest'
import { v1 } from '../../src/codec/v1.ts'
import { ledgerLimits } from '../../src/limits/ledger-limits.ts'
import { registrationSizes } from '../../src/limits/registration-sizes.ts'
import { anySignedState } from '../codec/samples.ts'
import { channelOf, familyOf } from './shapes.ts'

const sizes = registrationSizes(ledgerLimits())

const totalBytes = (channels: readonly SignedState[]): number =>
  channels.reduce((sum, channel) => sum + sizes.sizeOf(channel).bytes, sizes.envelope.bytes)

/** Bytes of a signed transaction, as geth's pool counts them. */
function transactionBytes([root, ...rest]: readonly [SignedState, ...SignedState[]], most: boolean): number {
  const fee = most ? 2n ** 256n - 1n : 1n
  const envelope = from({
    type: 'eip1559',
    chainId: most ? Number.MAX_SAFE_INTEGER : 1,
    nonce: most ? 2n ** 64n - 1n : 1n,
    maxFeePerGas: fee,
    maxPriorityFeePerGas: fee,
    gas: most ? 2n ** 64n - 1n : 1n,
    value: 0n,
    to: `0x${'ad'.repeat(20)}`,
    data: v1.encodeRegister(root, rest),
  })
  const raw = serialize(envelope, { signature: { r: `0x${'ff'.repeat(32)}`, s: `0x${'ff'.repeat(32)}`, yParity: 1 } })
  return (raw.length - 2) / 2
}

describe('D1: bytes of a registration', () => {
  it('are those of the signed transaction, whatever the shapes of its channels', () => {
    fc.assert(
      fc.property(anySignedState, fc.array(anySignedState, { maxLength: 5 }), (root, rest) => {
        const tree = [root, ...rest] as const
        const counted = totalBytes(tree)
        expect(counted).toBeGreaterThanOrEqual(transactionBytes(tree, true))
        // All but the numbers of the envelope is exact.
        expect(counted - transactionBytes(tree, true)).toBeLessThan(40)
        expect(counted - transactionBytes(tree, false)).toBeLessThan(200)
      }),
    )
  })

  it('exceed what nodes take where it was found that they do', () => {
    const { bytes } = ledgerLimits()
    expect(totalBytes(familyOf(59, { assets: 2, isSigned: false }))).toBeGreaterThan(bytes)
    expect(totalBytes(familyOf(2, { appData: 65_536, isSigned: false }))).toBeGreaterThan(bytes)
    expect(totalBytes([channelOf({ participants: 400, isSigned: false })])).toBeGreaterThan(bytes)
    expect(totalBytes(familyOf(55, { isSigned: false }))).toBeLessThan(bytes)
  })
})
