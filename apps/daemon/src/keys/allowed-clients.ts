import { readFile } from 'node:fs/promises'
import { type ClientName, parseClientName, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { clientKeys } from '../config/kinds.ts'
import type { Config } from '../config/schema.ts'
import { readTokenHashes } from './token-hashes.ts'

/** Who may connect, over whichever transport: a client is its name. */
export interface AllowedClients {
  /** Those with a key; `undefined`: everybody who has one. */
  readonly listed: ReadonlySet<ClientName> | undefined
  /** Hashes of the tokens that may be shown, 64 hexadecimal digits, by the names of their clients. */
  readonly tokens: ReadonlyMap<ClientName, string>
}

/**
 * Who may connect by the configuration.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export async function allowedClients(listen: Config['listen']): Promise<AllowedClients> {
  return { listed: await listedClients(listen), tokens: await tokensOf(listen) }
}

async function listedClients(listen: Config['listen']): Promise<AllowedClients['listed']> {
  if (!provesKeys(listen)) return claimsNames(listen) ? undefined : new Set()
  if (listen.enrolment === 'open') return undefined
  const listed = listen.clients_file === undefined ? [] : await readList(listen.clients_file)
  return new Set([...listen.clients, ...listed].map(nameOf))
}

/** Whether clients prove their keys anywhere. */
function provesKeys({ endpoints, security, grpc_addresses, grpc_security }: Config['listen']): boolean {
  return (endpoints.length > 0 && security === 'curve') || (grpc_addresses.length > 0 && grpc_security === 'tls')
}

/** Whether they may claim any name somewhere: a list would keep out nobody there. */
function claimsNames({
  endpoints,
  security,
  grpc_addresses,
  grpc_security,
  grpc_tokens_file,
}: Config['listen']): boolean {
  const isOpenGrpc = grpc_security !== 'tls' && grpc_tokens_file === undefined
  return (endpoints.length > 0 && security !== 'curve') || (grpc_addresses.length > 0 && isOpenGrpc)
}

async function tokensOf({ grpc_addresses, grpc_tokens_file }: Config['listen']): Promise<AllowedClients['tokens']> {
  if (grpc_addresses.length === 0 || grpc_tokens_file === undefined) return new Map()
  return await readTokenHashes(grpc_tokens_file)
}

/** A CURVE key by itself has 40 characters, and every name more. */
function nameOf(item: string): ClientName {
  return parseClientName(item.length === 40 ? `curve:${item}` : item)
}

async function readList(path: string): Promise<readonly string[]> {
  const lines = (await read(path)).split('\n').map((line) => line.trim())
  // `#` is also a character of Z85 keys.
  const keys = lines.filter((line) => line !== '' && line !== '#' && !line.startsWith('# '))
  const parsed = clientKeys.schema.safeParse(keys)
  if (parsed.success) return parsed.data
  const wrong = parsed.error.issues.map(({ path: [index] }) => JSON.stringify(keys[Number(index)]?.slice(0, 60)))
  throw unusable(
    path,
    `must have one client per line, a CURVE public key of 40 characters or a name as perun-watcher keygen prints it; it has ${wrong.slice(0, 5).join(', ')}`,
  )
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw unusable(path, `cannot be read: ${toError(error).message}`)
  }
}

function unusable(path: string, why: string): WatcherError {
  return new WatcherError('OPTION_INVALID', 'The file of listen.clients_file cannot be used.', {
    details: [`${path} ${why}.`],
  })
}
