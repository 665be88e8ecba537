import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import { type Brand, type ClientName, parseClientName, WatcherError } from '@perun-watcher/core'
import { selfSigned } from './self-signed.ts'

/** A certificate, perhaps followed by those that vouch for it, and its private key; both PEM. */
export interface TlsKeys {
  readonly certificate: string
  readonly privateKey: string
}

/** SHA-256 of the public key of a certificate (its SubjectPublicKeyInfo), 64 lower-case hexadecimal digits. */
export type PublicKeyHash = Brand<string, 'PublicKeyHash'>

export interface GenerateTlsKeysOptions {
  /**
   * Host names and IP addresses of a server, for clients that check them. Clients that were given the server's public key do
   * not, and a client's own certificate needs none.
   */
  readonly names?: readonly string[] | undefined
}

const hostPattern = /^(?:\*\.)?[a-z\d-]+(?:\.[a-z\d-]+)*$/i
const mostNames = 100

/**
 * A new P-256 key and a certificate that it signed itself, valid for ever.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export function generateTlsKeys(options: GenerateTlsKeysOptions = {}): TlsKeys {
  const { names = [] } = options
  if (names.length > mostNames) throw invalid(`A certificate takes at most ${mostNames} names.`)
  for (const name of names) {
    if (isIP(name) !== 0 || (name.length <= 253 && hostPattern.test(name))) continue
    throw invalid('A name of a certificate is a host name or an IP address.', `Got ${JSON.stringify(name)}.`)
  }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    certificate: new X509Certificate(selfSigned(privateKey, names)).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** Those that TLS 1.3 has signatures for (RFC 8446, 4.2.3), as OpenSSL calls them. */
const curves: ReadonlySet<string | undefined> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
const kinds: ReadonlySet<string | undefined> = new Set(['ec', 'rsa', 'rsa-pss', 'ed25519', 'ed448'])

/**
 * Checks that both are PEM and belong together, and that TLS takes them.
 *
 * @throws WatcherError `OPTION_INVALID`, which contains nothing of the private key
 */
export function parseTlsKeys(keys: { readonly certificate: unknown; readonly privateKey: unknown }): TlsKeys {
  const { certificate, privateKey } = keys
  if (typeof certificate !== 'string') throw invalid('The certificate must be PEM text.')
  if (typeof privateKey !== 'string') throw invalid('The private key must be PEM text.')
  const parsed = certificateOf(certificate)
  const key = privateKeyOf(privateKey)
  if (!parsed.checkPrivateKey(key)) {
    throw invalid('The certificate does not belong to the private key.', `Public key ${publicKeyHash(parsed)}.`)
  }
  assertUsable(key, { certificate, privateKey })
  return { certificate, privateKey }
}

/** Otherwise a server would start with them, and every handshake fail without a word. */
function assertUsable(key: KeyObject, { certificate, privateKey }: TlsKeys): void {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = key
  const isKnown = kinds.has(kind) && (kind !== 'ec' || curves.has(details?.namedCurve))
  if (!isKnown) {
    const found = [kind, details?.namedCurve].filter((each) => each !== undefined).join(' ')
    throw invalid('TLS 1.3 has no signatures for keys of this kind.', `It is ${found}; take P-256 or Ed25519.`)
  }
  try {
    createSecureContext({ cert: certificate, key: privateKey })
  } catch (error) {
    // Without the cause, which might quote the key.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw invalid('TLS does not take the key or its certificate.', `OpenSSL says ${code}.`)
  }
}

/** @throws WatcherError `OPTION_INVALID` */
export function parsePublicKeyHash(value: unknown): PublicKeyHash {
  if (typeof value === 'string' && /^[\da-f]{64}$/.test(value)) return value as PublicKeyHash
  throw invalid('The hash of a public key must have 64 lower-case hexadecimal digits.')
}

/**
 * The hash of the public key of a certificate, PEM. Also `openssl x509 -in certificate.pem -noout -pubkey | openssl pkey -pubin
 * -outform der | openssl dgst -sha256`.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export function publicKeyHashOf(certificate: string): PublicKeyHash {
  return publicKeyHash(certificateOf(certificate))
}

/** @throws Error for a key of a kind that is unknown here */
export function publicKeyHash(certificate: X509Certificate): PublicKeyHash {
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return parsePublicKeyHash(createHash('sha256').update(key).digest('hex'))
}

/** The name by which a watcher knows the owner of this key. */
export function clientNameOf(publicKey: PublicKeyHash): ClientName {
  return parseClientName(`tls:${publicKey}`)
}

/** @throws WatcherError `OPTION_INVALID` unless there is at least one certificate */
export function certificateOf(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw invalid('The certificate cannot be read.', 'It must be X.509 as PEM: -----BEGIN CERTIFICATE-----')
  }
}

function privateKeyOf(pem: string) {
  try {
    return createPrivateKey(pem)
  } catch {
    // Without the cause, which might quote the key.
    throw invalid('The private key cannot be read.', 'It must be PEM without a password: -----BEGIN PRIVATE KEY-----')
  }
}

function invalid(message: string, ...details: readonly string[]): WatcherError {
  return new WatcherError('OPTION_INVALID', message, { details })
}
