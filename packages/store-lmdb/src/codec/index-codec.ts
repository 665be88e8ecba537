import { type ChannelId, type ClientName, type OnChainRecord, type Phase, parseClientName } from '@perun-watcher/core'
import { noHistory } from '@perun-watcher/core/adapter'
import { type IndexEntry, type LineEntry, type Links, none } from '../entries/index-entry.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { Codec } from './frame.ts'
import { readChannelId, readStateHash } from './hash.ts'
import { names } from './names.ts'

const phases = names<Phase>()(['dispute', 'forceExec', 'concluded'])

export const linksCodec: Codec<Links> = {
  what: 'links of a channel',
  write: writeLinks,
  read: readLinks,
}

/** Who has a part in a line other than the first. */
export const lineClientsCodec: Codec<readonly ClientName[]> = {
  what: 'clients of a line',
  write: (writer, value) => writer.list(value, writer.text),
  read: (reader) => reader.list(() => readClient(reader)),
}

export const indexCodec: Codec<IndexEntry> = {
  what: 'summary of a channel',
  layout: 3,
  write(writer, entry) {
    writer.flag(entry.isLedger)
    writer.bigint(entry.challengeDuration)
    writer.uint(entry.participants)
    writeLinks(writer, entry)
    writeLine(writer, entry)
    writer.list(entry.otherLines, (line) => {
      writer.uint(line.number)
      writer.list(line.clients, writer.text)
      writeLine(writer, line)
    })
    writer.list(entry.records, ({ ledger, record }) => {
      writer.uint(ledger)
      writer.optional(record, (known) => writeRecord(writer, known))
    })
  },
  read(reader) {
    const isLedger = reader.flag()
    const challengeDuration = reader.bigint()
    return { ...readSecondEntry(reader), isLedger, challengeDuration }
  },
  former: {
    1: (reader) => ({ ...readFormerEntry(reader).entry, challengeDuration: unknownDuration }),
    2: readSecondEntry,
  },
}

/** Of layouts that did not tell it: such a channel is rather looked at too often than too seldom. */
const unknownDuration = 0n

/** An entry of the second layout, which did not say whether it is of a ledger channel: those that have no parent are. */
function readSecondEntry(reader: ByteReader): IndexEntry {
  const participants = reader.uint()
  const links = readLinks(reader)
  return {
    participants,
    isLedger: links.parents.length === 0,
    challengeDuration: unknownDuration,
    ...links,
    ...readLine(reader),
    otherLines: reader.list(() => ({
      number: reader.uint(),
      clients: reader.list(() => readClient(reader)),
      ...readLine(reader),
    })),
    records: reader.list(() => ({ ledger: reader.uint(), record: reader.optional(() => readRecord(reader)) })),
  }
}

/** What an entry of the first format says. */
export interface FormerEntry {
  readonly entry: Omit<IndexEntry, 'challengeDuration'>
  /** Which other states there are, each under a part of its own. */
  readonly hasFallback: boolean
  readonly hasRegistered: boolean
}

/** Reads an entry of the first format, for its migration. */
export const formerIndexCodec: Codec<FormerEntry> = {
  what: indexCodec.what,
  write() {
    throw new RangeError('nothing is written in the first format any more')
  },
  read: readFormerEntry,
}

function readFormerEntry(reader: ByteReader): FormerEntry {
  const participants = reader.uint()
  const links = readLinks(reader)
  const newest = {
    version: reader.bigint(),
    hash: readStateHash(reader),
    isFinal: reader.flag(),
    locks: readIds(reader),
  }
  const fallbackLocks = reader.optional(() => readIds(reader))
  const registeredLocks = reader.optional(() => readIds(reader))
  const isRecordKnown = reader.flag()
  const record = reader.optional(() => readRecord(reader))
  const line = { ...newest, bytes: reader.uint(), older: none, history: noHistory }
  const records = isRecordKnown ? [{ ledger: 0, record }] : none
  return {
    entry: { participants, isLedger: links.parents.length === 0, ...links, ...line, otherLines: none, records },
    hasFallback: fallbackLocks !== undefined,
    hasRegistered: registeredLocks !== undefined,
  }
}

function writeLine(writer: ByteWriter, line: LineEntry): void {
  const { history, older } = line
  writer.bigint(line.version)
  writer.fixedHex(line.hash)
  writer.flag(line.isFinal)
  writer.list(line.locks, writer.fixedHex)
  writer.uint(line.bytes)
  writer.uint(history.states)
  if (history.states > 0) {
    writer.uint(history.bytes)
    writer.list(history.locks, writer.fixedHex)
  }
  writer.flag(older.length > 0)
  if (older.length > 0) writeOlder(writer, older, history.locks)
}

function readLine(reader: ByteReader): LineEntry {
  const newest = {
    version: reader.bigint(),
    hash: readStateHash(reader),
    isFinal: reader.flag(),
    locks: readIds(reader),
    bytes: reader.uint(),
  }
  const states = reader.uint()
  const history = states === 0 ? noHistory : { states, bytes: reader.uint(), locks: readIds(reader) }
  return { ...newest, older: reader.flag() ? readOlder(reader, history.locks) : none, history }
}

/** Their locks are written once: for each state follows only where in the list its own ones stand. */
function writeOlder(writer: ByteWriter, older: LineEntry['older'], known: readonly ChannelId[]): void {
  const all = [...known]
  const positions = new Map(known.map((id, index) => [id, index]))
  for (const id of older.flatMap(({ locks }) => locks)) {
    if (!positions.has(id)) positions.set(id, all.push(id) - 1)
  }
  writer.list(all.slice(known.length), writer.fixedHex)
  writer.list(older, ({ version, hash, locks }) => {
    writer.bigint(version)
    writer.fixedHex(hash)
    writer.list(locks, (id) => writer.uint(positions.get(id) ?? all.length))
  })
}

function readOlder(reader: ByteReader, known: readonly ChannelId[]): LineEntry['older'] {
  const all = [...known, ...readIds(reader)]
  return reader.list(() => ({
    version: reader.bigint(),
    hash: readStateHash(reader),
    locks: reader.list(() => {
      const id = all[reader.uint()]
      if (id === undefined) throw new RangeError('a lock that is not in the list')
      return id
    }),
  }))
}

function writeLinks(writer: ByteWriter, { parents, clients }: Links): void {
  writer.list(parents, writer.fixedHex)
  writer.list(clients, writer.text)
}

function readLinks(reader: ByteReader): Links {
  return { parents: readIds(reader), clients: reader.list(() => readClient(reader)) }
}

/** Names read recently: few clients have most of the channels, so each name is parsed and kept in memory only once. */
const clients = new Map<string, ClientName>()
const mostClients = 10_000

function readClient(reader: ByteReader): ClientName {
  const text = reader.text()
  const seen = clients.get(text)
  if (seen !== undefined) return seen
  const client = parseClientName(text)
  if (clients.size >= mostClients) clients.clear()
  clients.set(text, client)
  return client
}

const readIds = (reader: ByteReader): readonly ChannelId[] => reader.list(() => readChannelId(reader))

function writeRecord(writer: ByteWriter, record: OnChainRecord): void {
  writer.bigint(record.version)
  writer.uint(phases.position(record.phase))
  writer.bigint(record.timeout)
  writer.optional(record.stateHash, writer.fixedHex)
  writer.bigint(record.blockNumber)
}

function readRecord(reader: ByteReader): OnChainRecord {
  return {
    version: reader.bigint(),
    phase: phases.at(reader.uint()),
    timeout: reader.bigint(),
    stateHash: reader.optional(() => readStateHash(reader)),
    blockNumber: reader.bigint(),
  }
}
