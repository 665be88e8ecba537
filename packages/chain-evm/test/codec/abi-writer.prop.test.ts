import fc from 'fast-check'
import * as AbiParameters from 'ox/AbiParameters'
import { describe, expect, it, vi } from 'vitest'
import { compileAbi } from '../../src/codec/abi-type.ts'
import { abiWriter } from '../../src/codec/abi-writer.ts'
import { toHex } from '../../src/codec/hex.ts'
import { paramsToAbi, signedStateToAbi, stateToAbi } from '../../src/codec/to-abi.ts'
import { v1 } from '../../src/codec/v1.ts'
import { v1Types } from '../../src/codec/v1-abi.ts'
import { anySignedState, anyState } from './samples.ts'

/** A type of the contract interface, and values of it. */
interface Shape {
  readonly type: string
  readonly components: readonly AbiParameters.Parameter[]
  readonly value: fc.Arbitrary<unknown>
}

const hexOf = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength, maxLength }).map(toHex)

/** Around each 64 bits another word of memory begins. */
const numberOf = (bits: number): fc.Arbitrary<bigint> => {
  const edges = [0n, 1n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 128n, 2n ** 192n - 1n, 2n ** BigInt(bits) - 1n]
  const fitting = edges.filter((edge) => edge < 2n ** BigInt(bits))
  return fc.oneof(fc.constantFrom(...fitting), fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }))
}

const leaf = fc.constantFrom<Shape>(
  ...[8, 16, 64, 72, 256].map((bits) => ({ type: `uint${bits}`, components: [], value: numberOf(bits) })),
  { type: 'uint16', components: [], value: fc.integer({ min: 0, max: 65_535 }) },
  { type: 'address', components: [], value: hexOf(20, 20) },
  { type: 'bytes32', components: [], value: hexOf(32, 32) },
  { type: 'bool', components: [], value: fc.boolean() },
  { type: 'bytes', components: [], value: hexOf(0, 70) },
)

const parameterOf = ({ type, components }: Shape, index: number): AbiParameters.Parameter =>
  type.startsWith('tuple') ? { name: `field${index}`, type, components } : { name: `field${index}`, type }

const valuesOf = (shapes: readonly Shape[]): fc.Arbitrary<Readonly<Record<string, unknown>>> =>
  fc.record(Object.fromEntries(shapes.map(({ value }, index) => [`field${index}`, value])), { noNullPrototype: true })

/** Of any depth: lists of lists, tuples whose size is fixed or not, and both in each other. */
const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { arbitrary: leaf, weight: 2 },
    { arbitrary: tie('shape').map(listOf), weight: 1 },
    { arbitrary: fc.array(tie('shape'), { minLength: 1, maxLength: 4 }).map(tupleOf), weight: 1 },
  ),
}))

function listOf({ type, components, value }: Shape): Shape {
  return { type: `${type}[]`, components, value: fc.array(value, { maxLength: 4 }) }
}

function tupleOf(shapes: readonly Shape[]): Shape {
  return { type: 'tuple', components: shapes.map(parameterOf), value: valuesOf(shapes) }
}

const anyArguments = fc
  .array(shape, { minLength: 1, maxLength: 4 })
  .chain((shapes) => fc.tuple(fc.constant(shapes.map(parameterOf)), fc.array(valuesOf(shapes), { minLength: 1 })))

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

  it('encodes whatever a type can be made of as a general library does, one value after the other', () => {
    fc.assert(
      fc.property(anyArguments, ([parameters, calls]) => {
        const writer = abiWriter(compileAbi(parameters))
        for (const values of calls) {
          expect(toHex(writer.encode(values))).toBe(AbiParameters.encode(parameters, Object.values(values)))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps nothing of an encoding that failed', () => {
    const parameters = [
      { name: 'first', type: 'bytes' },
      { name: 'second', type: 'bytes' },
    ] as const
    const writer = abiWriter(compileAbi(parameters))
    expect(() => writer.encode({ first: `0x${'ff'.repeat(200)}`, second: '0x1' })).toThrow(TypeError)
    expect(toHex(writer.encode({ first: '0x11', second: '0x22' }))).toBe(
      AbiParameters.encode(parameters, ['0x11', '0x22']),
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

  it('works again after the machine had no memory for it to grow', () => {
    const writer = abiWriter(compileAbi([{ name: 'data', type: 'bytes' }]))
    const long = { data: `0x${'ab'.repeat(9_000)}` }
    const alloc = vi.spyOn(Buffer, 'alloc').mockImplementationOnce(() => {
      throw new RangeError('Array buffer allocation failed')
    })
    expect(() => writer.encode(long)).toThrow('allocation failed')
    alloc.mockRestore()
    expect(writer.encode({ data: '0x' })).toHaveLength(64)
    expect(writer.encode(long)).toHaveLength(64 + 9_024)
  })

  it('grows with what is encoded', () => {
    const types = [
      { name: 'data', type: 'bytes' },
      { name: 'list', type: 'uint256[]' },
    ] as const
    const writer = abiWriter(compileAbi(types))
    // Once by little more than there is, once by a lot, and by number and text alike.
    for (const [size, count] of [
      [100, 150],
      [9_000, 1],
      [50_000, 2_000],
      [1, 1],
    ] as const) {
      const data = `0x${'ab'.repeat(size)}` as const
      const list = Array.from({ length: count }, (_, index) => 2n ** 255n + BigInt(index))
      expect(toHex(writer.encode({ data, list }))).toBe(AbiParameters.encode(types, [data, list]))
    }
  })

  it.each([
    ['uint64', 2n ** 64n],
    ['uint64', -1n],
    ['uint8', 256n],
    ['uint16', 65_536],
    ['uint16', -1],
    ['uint16', 1.5],
    ['uint256', 2n ** 256n],
    ['uint256', 2 ** 53],
    ['uint256', '1'],
    ['address', `0x${'11'.repeat(19)}`],
    ['address', `0x${'11'.repeat(19)}1`],
    ['address', `0x${'11'.repeat(19)}zz`],
    ['address', undefined],
    ['bytes32', `0x${'11'.repeat(33)}`],
    ['bytes32', `0xg${'1'.repeat(63)}`],
    ['bytes', '0x123'],
    ['bytes', '0xzz'],
    ['bytes', 'abcd'],
    ['bytes', '0x1'],
    ['bytes', ''],
    ['bytes[]', '0x'],
    ['bytes[]', ['0x', 1]],
    ['tuple', 5],
    ['tuple', null],
  ])('refuses a value that is not of its type: %s', (type, value) => {
    const parameter = type === 'tuple' ? { type, components: [{ name: 'x', type: 'bool' }] } : { type }
    const writer = abiWriter(compileAbi([{ ...parameter, name: 'value' }]))
    expect(() => writer.encode({ value })).toThrow(TypeError)
  })
})
