import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signatureEngine } from '../../src/index.ts'
import {
  javascriptEngine,
  loadNativeEngine,
  type SignerRecoveryEngine,
} from '../../src/verify/signer-recovery-engine.ts'
import { curveOrder } from './forms.ts'

const native = loadNativeEngine()
const digests = fc.uint8Array({ minLength: 32, maxLength: 32 })
const parities = fc.constantFrom<0 | 1>(0, 1)
const scalars = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  fc.constantFrom(0n, 1n, curveOrder / 2n, curveOrder / 2n + 1n, curveOrder - 1n, curveOrder, curveOrder + 1n),
)

const word = (n: bigint): Buffer => Buffer.from(n.toString(16).padStart(64, '0'), 'hex')
const text = (key: Uint8Array | undefined): string => (key ? Buffer.from(key).toString('hex') : 'no key')

function both(digest: Uint8Array, rs: Uint8Array, yParity: 0 | 1): readonly string[] {
  if (!native) throw new Error('libsecp256k1 does not load on this machine')
  return [native, javascriptEngine].map((engine: SignerRecoveryEngine) => text(engine.recover(digest, rs, yParity)))
}

describe('the two recovery engines', () => {
  it('are both here: npm brings libsecp256k1 for this platform', () => {
    expect(native?.name).toBe('native')
    expect(signatureEngine()).toBe('native')
  })

  it('find the signer, also with a high s, and agree when bits flip', () => {
    const keys = fc.bigInt({ min: 1n, max: curveOrder - 1n }).map(word)
    fc.assert(
      fc.property(keys, digests, fc.boolean(), fc.nat(511), (key, digest, high, bit) => {
        const [recovery = 0, ...bytes] = secp256k1.sign(digest, key, { prehash: false, format: 'recovered' })
        // An r beyond the order, whose recovery id is 2 or 3, does not happen by chance.
        const yParity = recovery === 0 ? 0 : 1
        const rs = Buffer.from(bytes)
        const s = BigInt(`0x${rs.toString('hex', 32)}`)
        const signature = high ? Buffer.concat([rs.subarray(0, 32), word(curveOrder - s)]) : rs
        const parity = high ? (yParity === 0 ? 1 : 0) : yParity
        const expected = text(secp256k1.getPublicKey(key, false))
        expect(both(digest, signature, parity)).toEqual([expected, expected])

        const index = bit >> 3
        signature.fill((signature[index] ?? 0) ^ (1 << (bit & 7)), index, index + 1)
        const [one, other] = both(digest, signature, parity)
        expect(one).toBe(other)
        expect(one).not.toBe(expected)
      }),
      { numRuns: 40 },
    )
  })

  it('agree about any r and s', () => {
    fc.assert(
      fc.property(digests, scalars, scalars, parities, (digest, r, s, yParity) => {
        const [one, other] = both(digest, Buffer.concat([word(r), word(s)]), yParity)
        expect(one).toBe(other)
      }),
      { numRuns: 150 },
    )
  })
})

describe('the native engine', () => {
  it.each<[string, () => unknown]>([
    [
      'cannot be loaded',
      () => {
        throw new Error('no native build was found')
      },
    ],
    ['is something else', () => ({})],
    ['answers nothing', () => ({ ecdsaRecover: () => undefined })],
    ['answers wrongly', () => ({ ecdsaRecover: () => new Uint8Array(65).fill(4) })],
    [
      'fails',
      () => ({
        ecdsaRecover: () => {
          throw new Error('bad')
        },
      }),
    ],
  ])('is not used where the library %s', (_, load) => {
    expect(loadNativeEngine(load)).toBeUndefined()
  })
})
