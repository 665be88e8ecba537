import { readFile } from 'node:fs/promises'
import { type ClientName, parseClientName, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'

/** A client as its token names it, and the SHA-256 of the token. */
const linePattern = /^([A-Za-z\d_-][A-Za-z\d._-]{0,63})\s+([\da-f]{64})$/

/** As many as may be listed by their keys. */
const mostTokens = 10_000

/** The name of the client whose token begins with this word. */
export function tokenClient(word: string): ClientName {
  return parseClientName(`token:${word}`)
}

/**
 * The hashes in a file of tokens, by the names of the clients: a line for each.
 *
 * @throws WatcherError `OPTION_INVALID`, which shows no hash: a line may hold the token itself by mistake.
 */
export async function readTokenHashes(path: string): Promise<ReadonlyMap<ClientName, string>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unusable(path, `cannot be read: ${toError(error).message}`)
  })
  const hashes = new Map<ClientName, string>()
  for (const [index, line] of text.split('\n').entries()) {
    const entry = line.trim()
    if (entry === '' || entry.startsWith('#')) continue
    const [, word, hash] = linePattern.exec(entry) ?? []
    if (word === undefined || hash === undefined) {
      throw unusable(
        path,
        `must have lines of a client and the SHA-256 of its token, as perun-watcher keygen token prints them; line ${index + 1} is none`,
      )
    }
    const client = tokenClient(word)
    if (hashes.has(client)) throw unusable(path, `names ${word} twice, again on line ${index + 1}`)
    hashes.set(client, hash)
  }
  if (hashes.size > mostTokens) throw unusable(path, `has ${hashes.size} clients of at most ${mostTokens}`)
  return hashes
}

function unusable(path: string, why: string): WatcherError {
  return new WatcherError('OPTION_INVALID', 'The file of listen.grpc_tokens_file cannot be used.', {
    details: [`${path} ${why}.`],
  })
}
