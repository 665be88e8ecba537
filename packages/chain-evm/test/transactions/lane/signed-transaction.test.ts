import { from, serialize } from 'ox/TxEnvelopeEip1559'
import { describe, expect, it } from 'vitest'
import { parseAttempt, transactionHash } from '../../../src/transactions/lane/signed-transaction.ts'
import { devSigner } from '../support/signer.ts'

const hash = `0x${'ab'.repeat(32)}` as const

describe('an entry of the journal', () => {
  const signer = devSigner(1)
  const to = signer.address
  const fees = { maxFeePerGas: 9n, maxPriorityFeePerGas: 3n }

  it.each([0n, 7n])('is read back, nonce %i', async (nonce) => {
    const call = { to, data: '0xc0ffee', gas: 21_000n } as const
    const raw = await signer.signTransaction({ chainId: 1n, nonce, value: 0n, ...call, ...fees })
    const entry = { lane: to, sequence: nonce, hash: transactionHash(raw), raw }
    expect(parseAttempt(entry)).toEqual({ hash: entry.hash, raw, fees, call })
    expect(() => parseAttempt({ ...entry, sequence: nonce + 1n })).toThrow(
      expect.objectContaining({ code: 'STORE_FAILED' }),
    )
  })

  it.each(['0x', '0x02', '0x02c0', '0xf86c', `0x02${'00'.repeat(40)}`] as const)('%s is refused', (raw) => {
    const broken = expect.objectContaining({ code: 'STORE_FAILED' })
    expect(() => parseAttempt({ lane: to, sequence: 0n, hash, raw })).toThrow(broken)
  })

  it('without its signature is refused', () => {
    const raw = serialize(from({ chainId: 1, nonce: 0n, to, gas: 21_000n, ...fees }))
    const broken = expect.objectContaining({ code: 'STORE_FAILED' })
    expect(() => parseAttempt({ lane: to, sequence: 0n, hash, raw })).toThrow(broken)
  })

  it('that creates a contract is refused', async () => {
    const envelope = from({ chainId: 1, nonce: 0n, gas: 21_000n, ...fees })
    const raw = serialize(envelope, { signature: { r: `0x${'01'.repeat(32)}`, s: `0x${'02'.repeat(32)}`, yParity: 0 } })
    const broken = expect.objectContaining({ code: 'STORE_FAILED' })
    expect(() => parseAttempt({ lane: to, sequence: 0n, hash, raw })).toThrow(broken)
  })
})
