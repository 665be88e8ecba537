import { WatcherError } from '@perun-watcher/core'

/** Kinds of keys, and what their public part is called. */
export const keyKinds = {
  device: 'Public key',
  server: 'Public key',
  'tls-device': 'Client name',
  'tls-server': 'Public key (SHA-256)',
  token: 'Client and SHA-256',
  receipts: 'Public key',
  account: 'Address',
} as const

/**
 * Whose key it is: a device's and the watcher's, for ZeroMQ and then for gRPC; what a device without a certificate shows;
 * that of the receipts; or of the account that pays.
 */
export type KeyKind = keyof typeof keyKinds

export interface KeyRequest {
  readonly kind: KeyKind
  /** The file to write. Default for the watcher's own keys: where `run` looks for them. */
  readonly file: string | undefined
  /** File with the password that encrypts an account. */
  readonly passwordFile: string | undefined
  /** Host names and addresses in the certificate of the watcher. */
  readonly hosts: readonly string[]
  /** Whose token it is. */
  readonly client: string | undefined
}

/** The public part of a new key. */
export interface MadeKey {
  readonly kind: KeyKind
  readonly file: string
  /** What others need of it; see `keyKinds`. */
  readonly public: string
  /** What to do next, as sentences. */
  readonly next: readonly string[]
}

const examples: Partial<Record<KeyKind, string>> = {
  account: 'keystore.json',
  'tls-device': 'device.pem',
  token: 'device-1.token --client device-1',
}

/** @throws WatcherError `OPTION_INVALID` */
export function required(kind: KeyKind, file: string | undefined): string {
  if (file !== undefined) return file
  throw new WatcherError('OPTION_INVALID', 'The file to write is missing.', {
    details: [`For example: perun-watcher keygen ${kind} ${examples[kind] ?? 'device.key'}`],
  })
}
