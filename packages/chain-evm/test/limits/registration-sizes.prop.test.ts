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

describe('work of settling', () => {
  it('exceeds a transaction where a channel could be registered, but never be paid out', () => {
    const { work, bytes } = ledgerLimits()
    for (const shape of [
      { participants: 20, assets: 40 },
      { participants: 200, assets: 4 },
      { participants: 3, assets: 250 },
    ]) {
      const channel = channelOf({ ...shape, crossChain: 0, isSigned: false })
      const size = sizes.sizeOf(channel)
      expect(sizes.envelope.work + size.work).toBeLessThan(work)
      expect(totalBytes([channel])).toBeLessThan(bytes)
      expect(sizes.envelope.work + (size.settling ?? 0n)).toBeGreaterThan(work)
    }
    for (const shape of [{ participants: 20, assets: 20 }, { participants: 2, assets: 50 }, { participants: 100 }]) {
      const { settling } = sizes.sizeOf(channelOf({ ...shape, isSigned: false }))
      expect(sizes.envelope.work + (settling ?? 0n)).toBeLessThan(work)
    }
  })

  it('is paid by ledger channels alone, however many are locked below', () => {
    const [root, child] = familyOf(1, { participants: 10, assets: 10, isSigned: false })
    if (child === undefined) throw new Error('no child')
    const { work, settling } = sizes.sizeOf(child)
    expect(settling).toBe(work)
    expect(sizes.sizeOf(root).settling).toBeGreaterThan(sizes.sizeOf(root).work + 10n * 10n * 20_000n)
  })
})
