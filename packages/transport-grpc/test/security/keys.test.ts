import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  generateTlsKeys,
  newClientToken,
  parseClientToken,
  parsePublicKeyHash,
  parseTlsKeys,
  parseTokenHash,
  publicKeyHashOf,
  tokenHashOf,
} from '../../src/index.ts'
import { selfSigned } from '../../src/security/self-signed.ts'
import { clientOfToken } from '../../src/security/tokens.ts'

const invalid = expect.objectContaining({ code: 'OPTION_INVALID' })

describe('keys for TLS', () => {
  it('are a certificate that its own key has signed, with the names that were asked for, for ever', () => {
    const names = ['watcher.example.org', '*.example.org', '192.0.2.1', '2001:db8::1', '::1', '::']
    const { certificate, privateKey } = generateTlsKeys({ names })
    const parsed = new X509Certificate(certificate)
    expect(parsed.verify(parsed.publicKey)).toBe(true)
    expect(parsed.issuer).toBe(parsed.subject)
    expect(new Date(parsed.validTo).getUTCFullYear()).toBe(9999)
    expect(new Date(parsed.validFrom).getUTCFullYear()).toBe(2020)
    expect(parsed.checkHost('watcher.example.org')).toBe('watcher.example.org')
    for (const address of names.slice(2)) expect(parsed.checkIP(address)).toBe(address)
    expect(parsed.checkIP('192.0.2.2')).toBeUndefined()
    expect(parseTlsKeys({ certificate, privateKey })).toEqual({ certificate, privateKey })
  })

  it('have a hash that stays the same, and each pair another', () => {
    const [first, second] = [generateTlsKeys(), generateTlsKeys()]
    expect(publicKeyHashOf(first.certificate)).toBe(publicKeyHashOf(first.certificate))
    expect(publicKeyHashOf(first.certificate)).not.toBe(publicKeyHashOf(second.certificate))
    expect(parsePublicKeyHash(publicKeyHashOf(first.certificate))).toMatch(/^[\da-f]{64}$/)
  })

  it.each([['two words'], ['-'.repeat(254)], [''], ['a..b']])('take no name like %j', (name) => {
    expect(() => generateTlsKeys({ names: [name] })).toThrow(invalid)
  })

  it('that do not belong together, or are none, are refused without a word of the secret', () => {
    const [first, second] = [generateTlsKeys(), generateTlsKeys()]
    const wrong: { certificate: unknown; privateKey: unknown }[] = [
      { certificate: first.certificate, privateKey: second.privateKey },
      { certificate: first.privateKey, privateKey: first.privateKey },
      { certificate: first.certificate, privateKey: first.privateKey.replace(/[A-Z]/g, 'x') },
      { certificate: 5, privateKey: first.privateKey },
      { certificate: first.certificate, privateKey: undefined },
    ]
    for (const keys of wrong) {
      const failure = (() => {
        try {
          return parseTlsKeys(keys)
        } catch (error) {
          return error
        }
      })()
      expect(failure).toEqual(invalid)
      for (const line of [first, second].flatMap(({ privateKey }) => privateKey.split('\n').slice(1, 3))) {
        expect(String(failure)).not.toContain(line)
      }
    }
  })

  it.each<[string, KeyObject]>([
    ['of a curve without signatures in TLS 1.3', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey],
    ['that is too short', generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey],
  ])('a key %s is refused before anybody starts with it', (_, key) => {
    const privateKey = key.export({ type: 'pkcs8', format: 'pem' }).toString()
    const certificate = new X509Certificate(selfSigned(key, [])).toString()
    expect(() => parseTlsKeys({ certificate, privateKey })).toThrow(invalid)
  })

  it.each<[string, KeyObject]>([
    ['P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey],
    ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
    ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ])('a key of %s is taken', (_, key) => {
    const privateKey = key.export({ type: 'pkcs8', format: 'pem' }).toString()
    const certificate = new X509Certificate(selfSigned(key, [])).toString()
    expect(parseTlsKeys({ certificate, privateKey })).toEqual({ certificate, privateKey })
  })
})

describe('tokens', () => {
  it('are new each time, and known by their hash', () => {
    const [first, second] = [newClientToken('device.1'), newClientToken('device.1')]
    expect(first.token).not.toBe(second.token)
    expect(parseClientToken(first.token)).toBe(first.token)
    expect(tokenHashOf(first.token)).toBe(first.hash)
    expect(parseTokenHash(first.hash)).toBe(first.hash)
    const lookup = (client: string) => (client === 'device.1' ? first.hash : undefined)
    expect(clientOfToken(first.token, lookup)).toBe('token:device.1')
    expect(clientOfToken(second.token, lookup)).toBeUndefined()
    expect(clientOfToken(newClientToken('x').token, lookup)).toBeUndefined()
  })

  it.each(['', '.a', 'two words', 'a'.repeat(65), 'a:b'])('are not made for %j', (client) => {
    expect(() => newClientToken(client)).toThrow(invalid)
  })

  it('that are none are refused without being repeated', () => {
    const { token } = newClientToken('device')
    const failure = (() => {
      try {
        return parseClientToken(`${token}x`)
      } catch (error) {
        return error
      }
    })()
    expect(failure).toEqual(invalid)
    expect(String(failure)).not.toContain(token.slice(7))
    for (const value of [undefined, 'device', 'ff'.repeat(31)]) expect(() => parseTokenHash(value)).toThrow(invalid)
  })
})
