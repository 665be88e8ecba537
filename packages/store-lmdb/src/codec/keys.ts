import { createHash } from 'node:crypto'
import { type ChannelId, type ClientName, parseChannelId, type StateHash } from '@perun-watcher/core'
import type { SpendingKey } from '@perun-watcher/core/adapter'
import { damaged } from './frame.ts'
import { hashSize } from './hash.ts'

/** The parts of a channel, each an entry of its own, so that a new state rewrites nothing else. */
const parts = {
  params: 0,
  links: 1,
  newest: 2,
  /** Of the first format only. */
  fallback: 3,
  registered: 4,
  /** Of a line other than the first; the number of the line follows. */
  lineClients: 5,
  lineNewest: 6,
  /** Besides the newest state; the number of the line follows, then version and hash. */
  kept: 7,
} as const

/** Parts of which a channel has one at most. */
export type Part = 'params' | 'links' | 'newest' | 'fallback' | 'registered'

/** Parts of which each line other than the first has one. */
export type LinePart = 'lineClients' | 'lineNewest'

const versionSize = 8
const lineKeySize = hashSize + 1 + 2
const keptKeySize = lineKeySize + versionSize + hashSize

/** Entries of the database `meta`. */
export const metaKeys = {
  format: Buffer.from('format'),
  /** The ledger that has the number 0. */
  ledger: Buffer.from('ledger'),
  /** Those that have the numbers from 1 on. */
  ledgers: Buffer.from('ledgers'),
  owner: Buffer.from('owner'),
} as const

/** Of the ledger with this number, in the database `meta`. */
export const cursorKey = (ledger: number): Buffer => Buffer.from(ledger === 0 ? 'cursor' : `cursor ${ledger}`)

export const idKey = (id: ChannelId): Buffer => Buffer.from(id.slice(2), 'hex')

/** The id, then one byte for the part, so that all parts of a channel are adjacent. */
export function partKey(id: Buffer, part: Part): Buffer {
  const key = Buffer.allocUnsafe(hashSize + 1)
  id.copy(key)
  key[hashSize] = parts[part]
  return key
}

/** What the keys of a part of all lines but the first begin with. */
export function linePrefix(id: Buffer, part: LinePart): Buffer {
  return Buffer.concat([id, Buffer.of(parts[part])])
}

export function lineKey(id: Buffer, part: LinePart, line: number): Buffer {
  return withLine(Buffer.allocUnsafe(lineKeySize), id, part, line)
}

/** What the keys of all states that are kept of a line begin with. Their order is that of the versions. */
export function keptPrefix(id: Buffer, line: number, version?: bigint): Buffer {
  const key = withLine(Buffer.allocUnsafe(lineKeySize + (version === undefined ? 0 : versionSize)), id, 'kept', line)
  if (version !== undefined) key.writeBigUInt64BE(version, lineKeySize)
  return key
}

export function keptKey(id: Buffer, line: number, version: bigint, hash: StateHash): Buffer {
  const key = withLine(Buffer.allocUnsafe(keptKeySize), id, 'kept', line)
  key.writeBigUInt64BE(version, lineKeySize)
  key.write(hash.slice(2), lineKeySize + versionSize, 'hex')
  return key
}

function withLine(key: Buffer, id: Buffer, part: LinePart | 'kept', line: number): Buffer {
  id.copy(key)
  key[hashSize] = parts[part]
  key.writeUInt16BE(line, hashSize + 1)
  return key
}

/** The line that a key of a line or of a state that is kept names. */
export const lineOfKey = (key: Buffer): number => key.readUInt16BE(hashSize + 1)

/** The id, then the name of the client, which is ASCII. */
export const mailboxKey = (id: Buffer, client: ClientName): Buffer => Buffer.concat([id, Buffer.from(client, 'latin1')])

/** The hash, as text; in front of it the number of the ledger, unless that is 0. */
export function attemptKey(ledger: number, hash: string): Buffer {
  if (ledger === 0) return Buffer.from(hash)
  const number = Buffer.allocUnsafe(2)
  number.writeUInt16BE(ledger)
  return Buffer.concat([number, Buffer.from(hash)])
}

/** What the keys of a ledger's spending begin with: its number, then whether it is of a transaction or of a day. */
export function spendingPrefix(ledger: number, what: 'entry' | 'sum'): Buffer {
  const prefix = Buffer.allocUnsafe(3)
  prefix.writeUInt16BE(ledger)
  prefix[2] = what === 'entry' ? 0 : 1
  return prefix
}

/** Lanes are of any length, and keys are not. */
export function spendingKey(ledger: number, { lane, sequence }: SpendingKey): Buffer {
  const name = createHash('sha256').update(`${sequence} ${lane}`).digest()
  return Buffer.concat([spendingPrefix(ledger, 'entry'), name])
}

/** The day, then the client; no client has an empty name. */
export function spendingSumKey(ledger: number, { day, client = '' }: SpendingSumName): Buffer {
  const number = Buffer.allocUnsafe(4)
  number.writeUInt32BE(day)
  return Buffer.concat([spendingPrefix(ledger, 'sum'), number, Buffer.from(client, 'latin1')])
}

type SpendingSumName = { readonly day: number; readonly client?: string | undefined }

const sizes: Readonly<Record<keyof typeof parts, number>> = {
  params: hashSize + 1,
  links: hashSize + 1,
  newest: hashSize + 1,
  fallback: hashSize + 1,
  registered: hashSize + 1,
  lineClients: lineKeySize,
  lineNewest: lineKeySize,
  kept: keptKeySize,
}

/** Whether a key names this part of some channel. */
export const isPart = (key: Buffer, part: keyof typeof parts): boolean =>
  key.length === sizes[part] && key[hashSize] === parts[part]

/**
 * The channel whose id is the prefix of a key.
 *
 * @throws WatcherError `STORE_CORRUPT`
 */
export function channelOf(key: Buffer): ChannelId {
  if (key.length < hashSize) throw damaged('key', key, 'It is too short.')
  return parseChannelId(`0x${key.toString('hex', 0, hashSize)}`)
}
