import { describe, expect, it } from 'vitest'
import { parseReceipt } from '../../../src/transactions/node/parse-receipt.ts'

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
