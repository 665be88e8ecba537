import { readFile } from 'node:fs/promises'
import { WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { publicKeys } from '../config/kinds.ts'
import type { Config } from '../config/schema.ts'

/**
 * Public keys of the clients that may connect; `undefined` if everybody may.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export async function allowedClients(listen: Config['listen']): Promise<ReadonlySet<string> | undefined> {
  // Without CURVE, clients cannot prove their keys.
  if (listen.enrolment === 'open' || listen.security !== 'curve') return undefined
  const listed = listen.clients_file === undefined ? [] : await readList(listen.clients_file)
  return new Set([...listen.clients, ...listed])
}

async function readList(path: string): Promise<readonly string[]> {
  const lines = (await read(path)).split('\n').map((line) => line.trim())
  // `#` is also a character of Z85 keys.
  const keys = lines.filter((line) => line !== '' && line !== '#' && !line.startsWith('# '))
  const parsed = publicKeys.schema.safeParse(keys)
  if (parsed.success) return parsed.data
  const wrong = parsed.error.issues.map(({ path: [index] }) => JSON.stringify(keys[Number(index)]?.slice(0, 60)))
  throw unusable(path, `must have one public key of 40 characters per line; it has ${wrong.slice(0, 5).join(', ')}`)
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
