import { describe, expect, it } from 'vitest'
import { type EvmResult, runCode } from '../../src/truth/evm.ts'

function run(code: string, callData: `0x${string}` = '0x', gas = 100_000n): EvmResult {
  return runCode({
    code: `0x${code.replaceAll(' ', '')}`,
    callData,
    gas,
    staticCall: (to, data) => (to.endsWith('ff') ? data : undefined),
  })
}

const word = (value: bigint): `0x${string}` => `0x${value.toString(16).padStart(64, '0')}`
const mstoreAndReturn = '6000 52 6020 6000 f3'

describe('the machine', () => {
  it('calculates in words of 256 bits', () => {
    // 2 - 3
    expect(run(`6003 6002 03 ${mstoreAndReturn}`)).toEqual({ type: 'returned', data: word(2n ** 256n - 1n) })
    // 7 / 0
    expect(run(`6000 6007 04 ${mstoreAndReturn}`)).toEqual({ type: 'returned', data: word(0n) })
  })

  it('loops over its calldata', () => {
    // The sum of all words: stack [sum, offset].
    const loop = '6000 6000 5b 36 81 10 15 6018 57 80 35 82 01 91 50 6020 01 6004 56 5b 50'
    expect(run(`${loop} ${mstoreAndReturn}`, `${word(3n)}${word(4n).slice(2)}`)).toEqual({
      type: 'returned',
      data: word(7n),
    })
  })

  it('calls others, and sees what they return', () => {
    const call = '602a 6000 52 6020 6020 6020 6000 60ff 5a fa 50 6020 51'
    expect(run(`${call} ${mstoreAndReturn}`)).toEqual({ type: 'returned', data: word(42n) })
  })

  it('reads zeros behind the end of what there is', () => {
    expect(run(`6000 35 ${mstoreAndReturn}`, '0xff')).toEqual({ type: 'returned', data: `0xff${'00'.repeat(31)}` })
  })

  it.each([
    ['without end', '5b 6000 56', 'out of gas'],
    ['to nowhere', '6003 56', 'invalid jump destination'],
    ['from an empty stack', '01', 'stack underflow'],
    ['what it does not know', 'fe', 'invalid opcode'],
  ] as const)('ends where code goes on %s', (_, code, reason) => {
    expect(run(code)).toEqual({ type: 'halted', reason })
  })
})
