import type { Metadata } from '@grpc/grpc-js'
import { type ClientName, WatcherError } from '@perun-watcher/core'
import { plainNameOf, type ServerSecurity } from '../security/security.ts'
import { clientNameOf, type PublicKeyHash } from '../security/tls-keys.ts'
import { clientOfToken } from '../security/tokens.ts'
import { metadataKeys } from '../stream/metadata-keys.ts'

/**
 * Who opens a connection.
 *
 * @throws WatcherError `CONNECTION_REFUSED`, or `OPTION_INVALID` for an invalid name.
 */
export function identify(
  security: ServerSecurity,
  headers: Metadata,
  publicKey: PublicKeyHash | undefined,
): ClientName {
  const { tokens } = security
  const authorization = first(headers, metadataKeys.authorization)
  if (tokens !== undefined && authorization !== undefined) {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? ''
    return clientOfToken(token, tokens) ?? refuse('The token is not admitted.')
  }
  if ('plaintext' in security) {
    if (tokens !== undefined) return refuse('A token is needed: authorization: Bearer and the token.')
    return plainNameOf(first(headers, metadataKeys.client) ?? '')
  }
  if (security.authorise === undefined) return refuse('A token is needed: authorization: Bearer and the token.')
  if (publicKey === undefined) return refuse('A client certificate is needed.')
  if (!security.authorise(publicKey)) return refuse('The key of the certificate is not admitted.', publicKey)
  return clientNameOf(publicKey)
}

function first(headers: Metadata, key: string): string | undefined {
  const [value] = headers.get(key)
  return typeof value === 'string' ? value : undefined
}

function refuse(why: string, publicKey?: PublicKeyHash): never {
  throw new WatcherError('CONNECTION_REFUSED', why, {
    details: publicKey === undefined ? [] : [`Public key ${publicKey}.`],
  })
}
