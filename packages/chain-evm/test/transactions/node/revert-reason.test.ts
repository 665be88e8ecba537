import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRevertData, revertReason } from '../../../src/transactions/node/revert-reason.ts'
import { refusing } from '../support/rpc.ts'

const word = (n: number | bigint): string => n.toString(16).padStart(64, '0')
/** The data that {@link refusing} reverts with: its code is 12 bytes long. */
const textData = (text: string): string => `0x${refusing(text).slice(2 + 24)}`

describe('revert data', () => {
  it.each([
    ['a text', textData('refutation timeout passed'), 'refutation timeout passed'],
    ['nothing', '0x', 'no reason given'],
    ['an index out of bounds', `0x4e487b71${word(0x32)}`, 'panic: array index out of bounds (0x32)'],
    ['an assertion', `0x4e487b71${word(1)}`, 'panic: assertion failed (0x01)'],
    ['an unknown panic', `0x4e487b71${word(0x99)}`, 'panic: unknown (0x99)'],
    ['a custom error', `0xdeadbeef${word(1)}`, 'custom error 0xdeadbeef'],
    ['less than a selector', '0xdead', '0xdead'],
    ['a panic cut short', '0x4e487b7101', '0x4e487b7101'],
    [
      'a text that is longer than its data',
      `0x08c379a0${word(32)}${word(100)}ff`,
      `${`0x08c379a0${word(32)}${word(100)}ff`}`,
    ],
    ['a text beyond its data', `0x08c379a0${word(2n ** 255n)}${word(1)}`, `0x08c379a0${word(2n ** 255n)}${word(1)}`],
  ])('with %s is told', (_, data, reason) => {
    expect(decodeRevertData(data)).toBe(reason)
  })

  it('of whatever form becomes one short line', () => {
    const bytes = fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array).toString('hex'))
    const data = fc.oneof(
      bytes.map((hex) => `0x${hex}`),
      bytes.map((hex) => `0x08c379a0${word(32)}${hex}`),
      fc.string({ unit: 'binary', maxLength: 100 }).map(textData),
    )
    fc.assert(
      fc.property(data, (hex) => {
        const reason = decodeRevertData(hex)
        expect(reason.length).toBeLessThanOrEqual(210)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these must be gone
        expect(reason).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
      }),
    )
  })
})

describe('the error of a node', () => {
  const data = textData('invalid version')
  it.each([
    ['geth and anvil', { message: 'execution reverted: invalid version', data }, 'invalid version'],
    ['nethermind', { message: 'VM execution error.', data: `Reverted ${data}` }, 'invalid version'],
    ['a provider that nests', { message: 'Error', data: { data } }, 'invalid version'],
    ['a node without data', { message: 'execution reverted: invalid version', data: undefined }, 'invalid version'],
    ['a node without anything', { message: 'execution reverted', data: '0x' }, 'no reason given'],
    ['a node with words only', { message: 'EVM error OutOfGas', data: undefined }, 'EVM error OutOfGas'],
    ['a node with odd data', { message: 'execution reverted', data: 7 }, 'no reason given'],
  ])('of %s is understood', (_, refusal, reason) => {
    expect(revertReason(refusal)).toBe(reason)
  })
})
