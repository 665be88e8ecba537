import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { WatcherError } from '@perun-watcher/core'

const keyBytes = 32

/** The DER prefixes of a 32-byte Ed25519 key in the encodings that node:crypto reads (RFC 8410). */
const privateKeyPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicKeyPrefix = Buffer.from('302a300506032b6570032100', 'hex')

function checkLength(key: Uint8Array, what: string): void {
  if (key.length === keyBytes) return
  throw new WatcherError('OPTION_INVALID', `${what} must have ${keyBytes} bytes.`, {
    details: [`It has ${key.length}.`],
  })
}

/** @throws WatcherError `OPTION_INVALID` */
export function privateKeyOf(seed: Uint8Array): KeyObject {
  checkLength(seed, 'The seed of the receipt key')
  return createPrivateKey({ key: Buffer.concat([privateKeyPrefix, seed]), format: 'der', type: 'pkcs8' })
}

/** @throws WatcherError `OPTION_INVALID` */
export function publicKeyOf(key: Uint8Array): KeyObject {
  checkLength(key, 'The receipt key')
  return createPublicKey({ key: Buffer.concat([publicKeyPrefix, key]), format: 'der', type: 'spki' })
}

export function publicBytesOf(privateKey: KeyObject): Uint8Array {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return Uint8Array.from(der.subarray(publicKeyPrefix.length))
}
