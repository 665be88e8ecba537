import type { AdjudicatorEvent, Block, ChainFact, EndangeredReason, Finality } from '@perun-watcher/core'
import { assertNever } from '@perun-watcher/core/adapter'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { Codec } from './frame.ts'
import { readBlockHash, readChannelId, readStateHash, readTransactionHash } from './hash.ts'
import { names } from './names.ts'
import { readTransaction, writeTransaction } from './state-codec.ts'

const types = names<AdjudicatorEvent['type']>()([
  'registered',
  'progressed',
  'concluded',
  'removed',
  'learned',
  'refuted',
  'endangered',
  'stateNeeded',
])
const finalities = names<Finality>()(['seen', 'final'])
const reasons = names<EndangeredReason>()([
  'sub-channel-unknown',
  'state-unknown',
  'lock-mismatch',
  'tree-too-large',
  'same-version',
  'unreachable',
  'underfunded',
  'reverted',
  'late',
  'too-late',
  'short-sub-window',
  'other',
  'history-cut',
  'store-failing',
  'budget-exceeded',
])

/** A mailbox whose events name their ledgers by the numbers that these have in the store. */
export interface MailboxEntry {
  readonly lastSequence: bigint
  readonly events: readonly {
    readonly sequence: bigint
    readonly ledger: number
    readonly event: AdjudicatorEvent
  }[]
}

export const mailboxCodec: Codec<MailboxEntry> = {
  what: 'mailbox',
  layout: 2,
  write(writer, { lastSequence, events }) {
    writer.bigint(lastSequence)
    writer.list(events, ({ sequence, ledger, event }) => {
      writer.uint(ledger)
      writer.bigint(sequence)
      writeEvent(writer, event)
    })
  },
  read: (reader) => readMailbox(reader, () => reader.uint()),
  former: { 1: (reader) => readMailbox(reader, () => 0) },
}

const readMailbox = (reader: ByteReader, readLedger: () => number): MailboxEntry => ({
  lastSequence: reader.bigint(),
  events: reader.list(() => ({ ledger: readLedger(), sequence: reader.bigint(), event: readEvent(reader) })),
})

function writeEvent(writer: ByteWriter, event: AdjudicatorEvent): void {
  writer.uint(types.position(event.type))
  writer.fixedHex(event.channelId)
  switch (event.type) {
    case 'registered':
    case 'progressed':
    case 'concluded':
      writeFact(writer, event)
      break
    case 'removed':
      writeEvent(writer, event.fact)
      break
    case 'learned':
      writer.bigint(event.version)
      writeTransaction(writer, event.transaction)
      break
    case 'refuted':
      writer.bigint(event.version)
      writer.fixedHex(event.transactionHash)
      writer.signed(event.secondsLeft)
      break
    case 'endangered':
      writer.uint(reasons.position(event.reason))
      writer.bigint(event.version)
      writer.optional(event.registeredVersion, writer.bigint)
      writer.optional(event.deadline, writer.bigint)
      writer.optional(event.secondsLeft, writer.signed)
      writer.text(event.detail)
      break
    case 'stateNeeded':
      writer.bigint(event.version)
      writer.fixedHex(event.stateHash)
      writer.optional(event.deadline, writer.bigint)
      writer.optional(event.secondsLeft, writer.signed)
      break
    default:
      assertNever(event)
  }
}

function readEvent(reader: ByteReader): AdjudicatorEvent {
  const type = types.at(reader.uint())
  const channelId = readChannelId(reader)
  switch (type) {
    case 'registered':
    case 'progressed':
    case 'concluded':
      return { type, channelId, ...readFact(reader) }
    case 'removed': {
      const fact = readEvent(reader)
      if (!isFact(fact)) throw new RangeError(`${fact.type} cannot be removed`)
      return { type, channelId, fact }
    }
    case 'learned':
      return { type, channelId, version: reader.bigint(), transaction: readTransaction(reader) }
    case 'refuted': {
      const version = reader.bigint()
      return { type, channelId, version, transactionHash: readTransactionHash(reader), secondsLeft: reader.signed() }
    }
    case 'endangered':
      return {
        type,
        channelId,
        reason: reasons.at(reader.uint()),
        version: reader.bigint(),
        registeredVersion: reader.optional(reader.bigint),
        deadline: reader.optional(reader.bigint),
        secondsLeft: reader.optional(reader.signed),
        detail: reader.text(),
      }
    case 'stateNeeded':
      return {
        type,
        channelId,
        version: reader.bigint(),
        stateHash: readStateHash(reader),
        deadline: reader.optional(reader.bigint),
        secondsLeft: reader.optional(reader.signed),
      }
    default:
      return assertNever(type)
  }
}

const isFact = (event: AdjudicatorEvent): event is ChainFact =>
  event.type === 'registered' || event.type === 'progressed' || event.type === 'concluded'

function writeFact(writer: ByteWriter, fact: ChainFact): void {
  writer.bigint(fact.version)
  writer.bigint(fact.timeout)
  writer.uint(finalities.position(fact.finality))
  writer.bigint(fact.block.number)
  writer.fixedHex(fact.block.hash)
  writer.bigint(fact.block.timestamp)
  writer.optional(fact.transactionHash, writer.fixedHex)
}

function readFact(reader: ByteReader): Omit<ChainFact, 'type' | 'channelId'> {
  return {
    version: reader.bigint(),
    timeout: reader.bigint(),
    finality: finalities.at(reader.uint()),
    block: readBlock(reader),
    transactionHash: reader.optional(() => readTransactionHash(reader)),
  }
}

const readBlock = (reader: ByteReader): Block => ({
  number: reader.bigint(),
  hash: readBlockHash(reader),
  timestamp: reader.bigint(),
})
