import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { type Brand, type ClientName, parseClientName, WatcherError } from '@perun-watcher/core'
import { curveKeyPair } from 'zeromq'
import { decodeZ85, encodeZ85 } from './z85.ts'

/** A CURVE public key: 40 characters of Z85. */
export type CurvePublicKey = Brand<string, 'CurvePublicKey'>

/** A CURVE secret key: 40 characters of Z85. Never logged, never part of an error. */
export type CurveSecretKey = Brand<string, 'CurveSecretKey'>

/** A key pair: the public key identifies its owner, the secret key proves it. */
export interface CurveKeys {
  readonly publicKey: CurvePublicKey
  readonly secretKey: CurveSecretKey
}

/** Generates a key pair with the randomness of the machine. */
export function generateCurveKeys(): CurveKeys {
  const { publicKey, secretKey } = curveKeyPair()
  return { publicKey: parseCurvePublicKey(publicKey), secretKey: parseCurveSecretKey(secretKey) }
}

/**
 * @throws WatcherError `OPTION_INVALID`
 */
export function parseCurvePublicKey(value: unknown): CurvePublicKey {
  if (isKeyText(value)) return value as CurvePublicKey
  throw new WatcherError('OPTION_INVALID', 'A CURVE public key is 40 characters of Z85.', {
    details: [`Got ${typeof value === 'string' ? JSON.stringify(value.slice(0, 50)) : typeof value}.`],
  })
}

/**
 * @throws WatcherError `OPTION_INVALID`, which reveals nothing of the key but its length.
 */
export function parseCurveSecretKey(value: unknown): CurveSecretKey {
  if (isKeyText(value)) return value as CurveSecretKey
  throw new WatcherError('OPTION_INVALID', 'A CURVE secret key is 40 characters of Z85.', {
    details: [`Got ${typeof value === 'string' ? `${value.length} characters` : typeof value}.`],
  })
}

/**
 * Parses both keys of a pair and checks that they belong together.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export function parseCurveKeys(keys: { readonly publicKey: unknown; readonly secretKey: unknown }): CurveKeys {
  const publicKey = parseCurvePublicKey(keys.publicKey)
  const secretKey = parseCurveSecretKey(keys.secretKey)
  const { x } = createPublicKey(x25519Secret(secretKey)).export({ format: 'jwk' })
  if (Buffer.from(x ?? '', 'base64url').equals(keyBytes(publicKey))) return { publicKey, secretKey }
  throw new WatcherError('OPTION_INVALID', 'The CURVE public key does not belong to the secret key.', {
    details: [`Public key ${publicKey}.`],
  })
}

/** The name by which a watcher knows the owner of this key. */
export function clientNameOf(publicKey: CurvePublicKey): ClientName {
  return parseClientName(`curve:${publicKey}`)
}

/** The 32 bytes of a key. */
export function keyBytes(key: CurvePublicKey | CurveSecretKey): Uint8Array {
  const bytes = decodeZ85(key)
  if (bytes === undefined) throw new TypeError('a parsed key is always Z85')
  return bytes
}

/** Any 32 bytes are a valid public key. */
export function publicKeyOf(bytes: Uint8Array): CurvePublicKey {
  return parseCurvePublicKey(encodeZ85(bytes))
}

/** CURVE keys are X25519 keys; these are their DER prefixes (RFC 8410). */
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex')
const secretPrefix = Buffer.from('302e020100300506032b656e04220420', 'hex')

export function x25519Public(key: CurvePublicKey): KeyObject {
  return createPublicKey({ key: Buffer.concat([publicPrefix, keyBytes(key)]), format: 'der', type: 'spki' })
}

export function x25519Secret(key: CurveSecretKey): KeyObject {
  return createPrivateKey({ key: Buffer.concat([secretPrefix, keyBytes(key)]), format: 'der', type: 'pkcs8' })
}

function isKeyText(value: unknown): value is string {
  return typeof value === 'string' && value.length === 40 && decodeZ85(value) !== undefined
}
