import { hasCode } from '@perun-watcher/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddress, parseBlock, parseQuantity, refusalOf, toQuantity } from '../../src/rpc/parse-rpc.ts'
import { chainUnreachable, rpcRefused } from '../../src/rpc/rpc-errors.ts'

const hash = (digit: string): string => `0x${digit.repeat(64)}`
const block = {
  number: '0x10',
  hash: hash('A'),
  parentHash: hash('b'),
  timestamp: '0x65',
  baseFeePerGas: '0x7',
  logsBloom: `0x${'00'.repeat(256)}`,
}

const refused = (parse: () => unknown): void => {
  expect(parse).toThrow(expect.objectContaining({ code: 'CHAIN_DATA_INVALID' }))
}

/** Every parser either takes a value or refuses it with its code; it never fails in another way. */
function takesOrRefuses(parse: (value: unknown) => unknown, value: unknown): void {
  try {
    parse(value)
  } catch (error) {
    expect(hasCode(error, 'CHAIN_DATA_INVALID')).toBe(true)
  }
}

describe('parsing answers', () => {
  it('reads back every quantity that it writes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (n) => {
        expect(parseQuantity(toQuantity(n), 'n')).toBe(n)
        expect(toQuantity(n)).toMatch(/^0x(?:0|[1-9a-f][0-9a-f]*)$/)
      }),
    )
  })

  it('refuses what is no quantity', () => {
    for (const value of ['0x', '', '1', '-0x1', '0x-1', '0xg', ' 0x1', 1, 1n, null, undefined, `0x${'f'.repeat(65)}`]) {
      refused(() => parseQuantity(value, 'n'))
    }
  })

  it('reads a block, with or without what some chains leave out', () => {
    expect(parseBlock(block)).toEqual({
      number: 16n,
      hash: hash('a'),
      parentHash: hash('b'),
      timestamp: 101n,
      baseFeePerGas: 7n,
      logsBloom: block.logsBloom,
    })
    const { baseFeePerGas: _fee, logsBloom: _bloom, ...old } = block
    expect(parseBlock(old)).toMatchObject({ baseFeePerGas: undefined, logsBloom: undefined })
    for (const logsBloom of ['0x', '0x00', 'full', 7, null]) {
      expect(parseBlock({ ...block, logsBloom })).toMatchObject({ logsBloom: undefined })
    }
    expect(parseBlock({ ...block, baseFeePerGas: null }).baseFeePerGas).toBeUndefined()
  })

  it('refuses a block that is pending, or lacks a field', () => {
    refused(() => parseBlock({ ...block, hash: null }))
    for (const field of ['number', 'hash', 'parentHash', 'timestamp'])
      refused(() => parseBlock({ ...block, [field]: undefined }))
  })

  it('takes or refuses anything', () => {
    const field = fc.oneof(fc.anything(), fc.constantFrom('0x', '0x1', hash('1'), '0xzz', null))
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.dictionary(fc.constantFrom(...Object.keys(block)), field)), (value) => {
        for (const parse of [parseBlock, parseAddress]) takesOrRefuses((input) => parse(input), value)
        takesOrRefuses((input) => parseQuantity(input, 'n'), value)
      }),
    )
  })

  it('knows addresses in any case, and gives them in one', () => {
    expect(parseAddress(`0x${'aB'.repeat(20)}`)).toBe(`0x${'ab'.repeat(20)}`)
    refused(() => parseAddress(`0x${'ab'.repeat(19)}`))
  })
})

describe('errors of a client', () => {
  it('keep what a node said, but no secret', () => {
    const message = 'see https://user:pass@node.example:8545/v3/key?token=t, or wss://node.example/secret'
    const error = rpcRefused('eth_call', { code: 3, message, data: '0x08c379a0' })
    const safe = 'see https://node.example:8545/… or wss://node.example/…'
    expect(refusalOf(error)).toEqual({ code: 3, message: safe, data: '0x08c379a0' })
    for (const secret of ['pass', 'key', 'token', 'secret']) {
      expect(error.message).not.toContain(secret)
      expect(chainUnreachable('eth_call', message).message).not.toContain(secret)
    }
  })

  it('know a refusal from everything else', () => {
    expect(refusalOf(chainUnreachable('eth_call', 'no answer'))).toBeUndefined()
    expect(refusalOf(new Error('no'))).toBeUndefined()
    expect(refusalOf(undefined)).toBeUndefined()
  })
})
