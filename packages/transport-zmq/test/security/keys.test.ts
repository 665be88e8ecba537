import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { curveKeyPair } from 'zeromq'
import { generateCurveKeys, parseCurveKeys, parseCurvePublicKey, parseCurveSecretKey } from '../../src/index.ts'
import { decodeZ85, encodeZ85 } from '../../src/security/z85.ts'

describe('Z85', () => {
  it('is that of the specification', () => {
    const bytes = Buffer.from('864fd26fb559f75b', 'hex')
    expect(encodeZ85(bytes)).toBe('HelloWorld')
    expect(Buffer.from(decodeZ85('HelloWorld') ?? [])).toEqual(bytes)
  })

  it('gives back what was put in', () => {
    const words = fc.uint8Array({ minLength: 0, maxLength: 64 }).map((bytes) => bytes.subarray(0, bytes.length & ~3))
    void fc.assert(
      fc.property(words, (bytes) => {
        expect(decodeZ85(encodeZ85(bytes))).toEqual(Uint8Array.from(bytes))
      }),
    )
  })

  it('is never read where it is none', () => {
    for (const text of ['abcd', 'ab"de', '#####', 'ab de', 'äaaaa']) expect(decodeZ85(text)).toBeUndefined()
    void fc.assert(
      fc.property(fc.string({ maxLength: 45 }), (text) => {
        const bytes = decodeZ85(text)
        if (bytes !== undefined) expect(encodeZ85(bytes)).toBe(text)
      }),
    )
  })
})

describe('keys', () => {
  it('are pairs that libzmq and X25519 agree about', () => {
    for (let count = 0; count < 20; count++) {
      const keys = generateCurveKeys()
      expect(parseCurveKeys(keys)).toEqual(keys)
      expect(parseCurveKeys(curveKeyPair())).toBeDefined()
    }
  })

  it('that do not belong together are refused', () => {
    const [a, b] = [generateCurveKeys(), generateCurveKeys()]
    const mixed = { publicKey: a.publicKey, secretKey: b.secretKey }
    expect(() => parseCurveKeys(mixed)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })

  it('that are secret never appear in an error', () => {
    const { publicKey, secretKey } = generateCurveKeys()
    for (const broken of [`${secretKey}x`, secretKey.slice(1), ` ${secretKey}`, secretKey.replace(/.$/, '"')]) {
      for (const parse of [
        () => parseCurveSecretKey(broken),
        () => parseCurveKeys({ publicKey, secretKey: broken }),
        () => parseCurveKeys({ publicKey: generateCurveKeys().publicKey, secretKey }),
      ]) {
        try {
          parse()
          expect.unreachable()
        } catch (error) {
          expect(error).toMatchObject({ code: 'OPTION_INVALID' })
          expect(String(error)).not.toContain(secretKey.slice(2, 20))
        }
      }
    }
  })

  it('are refused with a code whatever is given', () => {
    void fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const parse of [parseCurvePublicKey, parseCurveSecretKey]) {
          expect(() => parse(value)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
        }
      }),
    )
  })
})
