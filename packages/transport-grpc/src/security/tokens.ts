import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Brand, type ClientName, parseClientName, WatcherError } from '@perun-watcher/core'

/** What a client without a certificate shows: `<client>.<43 characters of Base64url>`. A secret. */
export type ClientToken = Brand<string, 'ClientToken'>

/** SHA-256 of a token, 64 lower-case hexadecimal digits. All that a server needs; useless to whoever steals it. */
export type TokenHash = Brand<string, 'TokenHash'>

/** The hash of this client's token, `undefined` for a stranger. Called at each opening of a connection; must be fast. */
export type TokenLookup = (client: string) => TokenHash | undefined

const clientPattern = /^[A-Za-z\d_-][A-Za-z\d._-]{0,63}$/
const tokenPattern = /^([A-Za-z\d_-][A-Za-z\d._-]{0,63})\.[A-Za-z\d_-]{43}$/

/**
 * A new token. Give the token to the client, keep the hash.
 *
 * @param client 1 to 64 letters, digits, `.`, `_` and `-`, the first not `.`. The watcher calls it `token:` and this.
 * @throws WatcherError `OPTION_INVALID`
 */
export function newClientToken(client: string): { readonly token: ClientToken; readonly hash: TokenHash } {
  if (!clientPattern.test(client)) {
    throw new WatcherError('OPTION_INVALID', 'The client of a token has 1 to 64 letters, digits, ".", "_" and "-".', {
      details: [`Got ${JSON.stringify(client.slice(0, 100))}.`],
    })
  }
  const token = parseClientToken(`${client}.${randomBytes(32).toString('base64url')}`)
  return { token, hash: tokenHashOf(token) }
}

/** @throws WatcherError `OPTION_INVALID`, which does not contain the value */
export function parseClientToken(value: unknown): ClientToken {
  if (typeof value === 'string' && tokenPattern.test(value)) return value as ClientToken
  throw new WatcherError('OPTION_INVALID', 'A token is the name of the client, a dot, and 43 characters of Base64url.')
}

/** @throws WatcherError `OPTION_INVALID` */
export function parseTokenHash(value: unknown): TokenHash {
  if (typeof value === 'string' && /^[\da-f]{64}$/.test(value)) return value as TokenHash
  throw new WatcherError('OPTION_INVALID', 'The hash of a token must have 64 lower-case hexadecimal digits.')
}

export function tokenHashOf(token: ClientToken): TokenHash {
  return parseTokenHash(createHash('sha256').update(token).digest('hex'))
}

const nobody = Buffer.alloc(32)

/**
 * The client whose token this is; `undefined`: nobody's. The name is no secret, and only hashes are compared, in constant time.
 */
export function clientOfToken(text: string, lookup: TokenLookup): ClientName | undefined {
  const client = tokenPattern.exec(text)?.[1]
  if (client === undefined) return undefined
  const hash = lookup(client)
  const expected = hash === undefined ? nobody : Buffer.from(parseTokenHash(hash), 'hex')
  const isRight = timingSafeEqual(createHash('sha256').update(text).digest(), expected)
  return isRight && hash !== undefined ? parseClientName(`token:${client}`) : undefined
}
