import { type ChannelId, type ClientName, type OnChainRecord, type Phase, parseClientName } from '@perun-watcher/core'
import type { IndexEntry, Links } from '../entries/index-entry.ts'
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

export const indexCodec: Codec<IndexEntry> = {
  what: 'summary of a channel',
  write(writer, entry) {
    writer.uint(entry.participants)
    writeLinks(writer, entry)
    writer.bigint(entry.version)
    writer.fixedHex(entry.hash)
    writer.flag(entry.isFinal)
    writer.list(entry.locks, writer.fixedHex)
    writer.optional(entry.fallbackLocks, (locks) => writer.list(locks, writer.fixedHex))
    writer.optional(entry.registeredLocks, (locks) => writer.list(locks, writer.fixedHex))
    writer.flag(entry.isRecordKnown)
    writer.optional(entry.record, (record) => writeRecord(writer, record))
    writer.uint(entry.bytes)
  },
  read: (reader) => ({
    participants: reader.uint(),
    ...readLinks(reader),
    version: reader.bigint(),
    hash: readStateHash(reader),
    isFinal: reader.flag(),
    locks: readIds(reader),
    fallbackLocks: reader.optional(() => readIds(reader)),
    registeredLocks: reader.optional(() => readIds(reader)),
    isRecordKnown: reader.flag(),
    record: reader.optional(() => readRecord(reader)),
    bytes: reader.uint(),
  }),
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
