import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { WatcherError } from '@perun-watcher/core'
import { readSecretFile } from './secret-file.ts'

/** A new Ed25519 key as PKCS #8 in PEM, the format of OpenSSL. */
export function newReceiptKeyText(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** @throws WatcherError `OPTION_INVALID` */
export async function readReceiptKeyFile(path: string, key: string): Promise<KeyObject> {
  const secret = keyOf(await readSecretFile(path, key))
  if (secret?.asymmetricKeyType === 'ed25519') return secret
  throw new WatcherError('OPTION_INVALID', `The file of ${key} cannot be used.`, {
    details: [`${path} must hold an Ed25519 key in PEM; perun-watcher keygen creates such a file.`],
  })
}

function keyOf(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text)
  } catch {
    return undefined
  }
}

/** The public key that verifies receipts: 32 bytes as hexadecimal digits. */
export function receiptPublicKey(secret: KeyObject): string {
  const { x } = createPublicKey(secret).export({ format: 'jwk' })
  return Buffer.from(x ?? '', 'base64url').toString('hex')
}

/** The seed of the secret key: 32 bytes. */
export function receiptSeed(secret: KeyObject): Uint8Array {
  const { d } = secret.export({ format: 'jwk' })
  return Uint8Array.from(Buffer.from(d ?? '', 'base64url'))
}
