import fc from 'fast-check'
import * as AbiParameters from 'ox/AbiParameters'
import { describe, expect, it } from 'vitest'
import { compileAbi } from '../../src/codec/abi-type.ts'
import { abiWriter } from '../../src/codec/abi-writer.ts'
import { toHex } from '../../src/codec/hex.ts'
import { paramsToAbi, signedStateToAbi, stateToAbi } from '../../src/codec/to-abi.ts'
import { v1 } from '../../src/codec/v1.ts'
import { v1Types } from '../../src/codec/v1-abi.ts'
import { anySignedState, anyState } from './samples.ts'

describe('the ABI writer', () => {
  it('encodes what is hashed as a general library does', () => {
    fc.assert(
      fc.property(anySignedState, ({ params, state }) => {
        expect(toHex(v1.encodeParams(params))).toBe(AbiParameters.encode(v1Types.channelId, [paramsToAbi(params)]))
        expect(toHex(v1.encodeState(state))).toBe(AbiParameters.encode(v1Types.hashState, [stateToAbi(state)]))
      }),
    )
  })

  it('encodes calls as a general library does', () => {
    fc.assert(
      fc.property(anySignedState, fc.array(anySignedState, { maxLength: 3 }), (channel, subChannels) => {
        const { params, state, sigs } = signedStateToAbi(channel)
        const register = AbiParameters.encode(v1Types.register, [
          { params, state, sigs },
          subChannels.map(signedStateToAbi),
        ])
        const concludeFinal = AbiParameters.encode(v1Types.concludeFinal, [params, state, sigs])
        expect(v1.encodeRegister(channel, subChannels).slice(10)).toBe(register.slice(2))
        expect(v1.encodeConcludeFinal(channel).slice(10)).toBe(concludeFinal.slice(2))
      }),
    )
  })

  it('keeps nothing of what was encoded before', () => {
    fc.assert(
      fc.property(anyState, anyState, (first, second) => {
        const before = v1.encodeState(first)
        const encoded = toHex(before)
        v1.encodeState(second)
        expect(toHex(before)).toBe(encoded)
        expect(v1.encodeState(first)).toEqual(before)
      }),
    )
  })

  it('grows with what is encoded', () => {
    const bytes = `0x${'ab'.repeat(50_000)}` as const
    const types = [{ name: 'data', type: 'bytes' }] as const
    expect(toHex(abiWriter(compileAbi(types)).encode({ data: bytes }))).toBe(AbiParameters.encode(types, [bytes]))
  })

  it.each([
    ['uint64', 2n ** 64n],
    ['uint64', -1n],
    ['uint16', 1.5],
    ['uint256', '1'],
    ['address', `0x${'11'.repeat(19)}`],
    ['bytes32', `0x${'11'.repeat(33)}`],
    ['bytes', '0x123'],
    ['bytes', '0xzz'],
    ['bytes', 'abcd'],
    ['bytes[]', '0x'],
    ['tuple', 5],
  ])('refuses a value that is not of its type: %s', (type, value) => {
    const parameter = type === 'tuple' ? { type, components: [{ name: 'x', type: 'bool' }] } : { type }
    const writer = abiWriter(compileAbi([{ ...parameter, name: 'value' }]))
    expect(() => writer.encode({ value })).toThrow(TypeError)
  })
})
