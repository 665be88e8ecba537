import { type ChannelId, type ClientName, parseChannelId } from '@perun-watcher/core'
import { damaged } from './frame.ts'
import { hashSize } from './hash.ts'

/** The parts of a channel, each an entry of its own, so that a new state rewrites nothing else. */
const parts = { params: 0, links: 1, newest: 2, fallback: 3, registered: 4 } as const

export type Part = keyof typeof parts

/** Entries of the database `meta`. */
export const metaKeys = {
  format: Buffer.from('format'),
  ledger: Buffer.from('ledger'),
  owner: Buffer.from('owner'),
  cursor: Buffer.from('cursor'),
} as const

export const idKey = (id: ChannelId): Buffer => Buffer.from(id.slice(2), 'hex')

/** The id, then one byte for the part, so that all parts of a channel are adjacent. */
export function partKey(id: Buffer, part: Part): Buffer {
  const key = Buffer.allocUnsafe(hashSize + 1)
  id.copy(key)
  key[hashSize] = parts[part]
  return key
}

/** The id, then the name of the client, which is ASCII. */
export const mailboxKey = (id: Buffer, client: ClientName): Buffer => Buffer.concat([id, Buffer.from(client, 'latin1')])

export const attemptKey = (hash: string): Buffer => Buffer.from(hash)

/** Whether a key names this part of some channel. */
export const isPart = (key: Buffer, part: Part): boolean => key.length === hashSize + 1 && key[hashSize] === parts[part]

/**
 * The channel whose id is the prefix of a key.
 *
 * @throws WatcherError `STORE_CORRUPT`
 */
export function channelOf(key: Buffer): ChannelId {
  if (key.length < hashSize) throw damaged('key', key, 'It is too short.')
  return parseChannelId(`0x${key.toString('hex', 0, hashSize)}`)
}
