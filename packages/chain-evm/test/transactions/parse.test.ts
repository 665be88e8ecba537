import { describe, expect, it } from 'vitest'
import { gasWithMargin } from '../../src/transactions/lane/prepare.ts'
import { parseAttempt, transactionHash } from '../../src/transactions/lane/signed-transaction.ts'
import { parseReceipt } from '../../src/transactions/node/parse-receipt.ts'
import { devSigner } from './support/signer.ts'

const hash = `0x${'ab'.repeat(32)}` as const
const answer = { transactionHash: hash, blockNumber: '0x10', blockHash: hash, status: '0x1', gasUsed: '0x5208' }

describe('a receipt', () => {
  it('is read', () => {
    expect(parseReceipt({ ...answer, status: '0x0', more: true })).toEqual({
      transactionHash: hash,
      blockNumber: 16n,
      blockHash: hash,
      succeeded: false,
      gasUsed: 21_000n,
    })
  })

  it.each([
    ['null', null],
    ['nothing', undefined],
    ['one without a block', { ...answer, blockHash: null, blockNumber: null }],
  ])('that is %s is none', (_, value) => {
    expect(parseReceipt(value)).toBeUndefined()
  })

  it.each([
    ['text', 'fine'],
    ['a status that cannot be', { ...answer, status: '0x2' }],
    ['no status', { ...answer, status: undefined }],
    ['a short hash', { ...answer, blockHash: '0xab' }],
  ])('that is %s is refused', (_, value) => {
    expect(() => parseReceipt(value)).toThrow(expect.objectContaining({ code: 'CHAIN_DATA_INVALID' }))
  })
})

describe('an entry of the journal', () => {
  const signer = devSigner(1)
  const to = signer.address
  const fees = { maxFeePerGas: 9n, maxPriorityFeePerGas: 3n }

  it.each([0n, 7n])('is read back, nonce %i', async (nonce) => {
    const call = { to, data: '0xc0ffee', gas: 21_000n } as const
    const raw = await signer.signTransaction({ chainId: 1n, nonce, value: 0n, ...call, ...fees })
    const entry = { account: to, nonce, hash: transactionHash(raw), raw }
    expect(parseAttempt(entry)).toEqual({ hash: entry.hash, raw, fees, call })
    expect(() => parseAttempt({ ...entry, nonce: nonce + 1n })).toThrow(
      expect.objectContaining({ code: 'STORE_FAILED' }),
    )
  })

  it.each(['0x', '0x02', '0x02c0', '0xf86c', `0x02${'00'.repeat(40)}`] as const)('%s is refused', (raw) => {
    const broken = expect.objectContaining({ code: 'STORE_FAILED' })
    expect(() => parseAttempt({ account: to, nonce: 0n, hash, raw })).toThrow(broken)
  })
})

describe('the limit of gas', () => {
  it.each([
    ['half more than the estimate', 100_000n, 30_000_000n, 150_000n],
    ['rounded up', 21_001n, 30_000_000n, 31_502n],
    ['no more than a block has', 100_000n, 120_000n, 120_000n],
    ['no more than a transaction may have', 16_000_000n, 60_000_000n, 2n ** 24n],
    ['no less than the estimate', 20_000_000n, 60_000_000n, 20_000_000n],
  ])('is %s', (_, estimate, block, limit) => {
    expect(gasWithMargin(estimate, block)).toBe(limit)
  })
})
