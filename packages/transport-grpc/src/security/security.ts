import { type ClientName, parseClientName, WatcherError } from '@perun-watcher/core'
import { type Address, addressText, isLoopback } from '../settings/address.ts'
import { certificateOf, type PublicKeyHash, parsePublicKeyHash, parseTlsKeys, type TlsKeys } from './tls-keys.ts'
import { type ClientToken, parseClientToken, type TokenLookup } from './tokens.ts'

/**
 * Without TLS. `loopback` allows it for loopback addresses only. The other value is for operators who accept that everybody on
 * the network path can read and change messages and impersonate any client.
 */
export type Plaintext = 'loopback' | 'anybody-can-read-and-change-messages'

/** Whether the owner of this key may connect. Called at each opening of a connection; must be fast. */
export type Authorise = (publicKey: PublicKeyHash) => boolean

export type ServerSecurity =
  /** TLS. Clients show a certificate, or a token if `tokens` is given as well. */
  | { readonly keys: TlsKeys; readonly authorise: Authorise; readonly tokens?: TokenLookup | undefined }
  /** TLS. Clients show a token. */
  | { readonly keys: TlsKeys; readonly authorise?: undefined; readonly tokens: TokenLookup }
  /** Clients show a token, or are believed what they say without `tokens`. */
  | { readonly plaintext: Plaintext; readonly tokens?: TokenLookup | undefined }

/** By what a client recognises its watcher. */
export type ServerTrust =
  /** The public key of the watcher: nothing else of its certificate counts. */
  | { readonly serverKey: PublicKeyHash }
  /** Who vouches for the watcher: certificates (PEM), or those that Node.js trusts. The address must be in its certificate. */
  | { readonly authorities: string | 'system'; readonly serverKey?: undefined }

export type ClientIdentity =
  | { readonly keys: TlsKeys; readonly token?: undefined }
  | { readonly token: ClientToken; readonly keys?: undefined }

export type ClientSecurity =
  | (ServerTrust & ClientIdentity)
  /** `client`: the client's name, which the watcher takes on trust. */
  | { readonly plaintext: Plaintext; readonly client: string; readonly token?: undefined }
  | { readonly plaintext: Plaintext; readonly token: ClientToken }

/** @throws WatcherError `OPTION_INVALID` or `PLAINTEXT_REFUSED` */
export function checkServerSecurity(security: ServerSecurity, addresses: readonly Address[]): ServerSecurity {
  if ('plaintext' in security) {
    for (const address of addresses) assertPlaintextAllowed(security.plaintext, address)
    return security
  }
  if (security.authorise === undefined && security.tokens === undefined) {
    throw new WatcherError('OPTION_INVALID', 'Say who may connect: give authorise, tokens, or both.')
  }
  return { ...security, keys: parseTlsKeys(security.keys) }
}

/** @throws WatcherError `OPTION_INVALID` or `PLAINTEXT_REFUSED` */
export function checkClientSecurity(security: ClientSecurity, address: Address): ClientSecurity {
  if (security.token !== undefined) parseClientToken(security.token)
  if ('plaintext' in security) {
    assertPlaintextAllowed(security.plaintext, address)
    if (security.token === undefined) plainNameOf(security.client)
    return security
  }
  if (security.keys !== undefined) parseTlsKeys(security.keys)
  if (security.serverKey !== undefined) parsePublicKeyHash(security.serverKey)
  else if (security.authorities !== 'system') certificateOf(security.authorities)
  return security
}

/** The name by which a watcher knows a client that only claims who it is. */
export function plainNameOf(client: string): ClientName {
  return parseClientName(`plain:${client}`)
}

function assertPlaintextAllowed(plaintext: Plaintext, address: Address): void {
  if (plaintext === 'anybody-can-read-and-change-messages') return
  if (plaintext === 'loopback' && isLoopback(address)) return
  throw new WatcherError('PLAINTEXT_REFUSED', 'Messages without TLS would leave this machine.', {
    details: [`Address ${addressText(address)}.`, `The words that allow it: 'anybody-can-read-and-change-messages'.`],
  })
}
