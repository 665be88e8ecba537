import { type Hex, parseClientName } from '@perun-watcher/core'
import type { SendRank, SpendingCause, SpendingEntry, SpendingSum, Spent } from '@perun-watcher/core/adapter'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { Codec } from './frame.ts'
import { readChannelId } from './hash.ts'
import { names } from './names.ts'
import { prefixed } from './small-codecs.ts'

const calls = names<SpendingCause['call']>()(['register', 'concludeFinal'])
const ranks = names<SendRank>()(['first-answer', 'improvement', 'settlement'])
const outcomes = names<SpendingEntry['outcome']['type']>()(['pending', 'succeeded', 'failed', 'taken-back'])

export const spendingCodec: Codec<SpendingEntry> = {
  what: 'record of a transaction that was paid for',
  write(writer, { lane, sequence, cause, time, outcome }) {
    writer.text(lane)
    writer.bigint(sequence)
    writer.optional(cause, (known) => writeCause(writer, known))
    writer.bigint(time)
    writer.uint(outcomes.position(outcome.type))
    if (outcome.type === 'pending') writer.bigint(outcome.most)
    else writeSpent(writer, outcome)
  },
  read: (reader) => ({
    lane: reader.text(),
    sequence: reader.bigint(),
    cause: reader.optional(() => readCause(reader)),
    time: reader.bigint(),
    outcome: readOutcome(reader),
  }),
}

function writeCause(writer: ByteWriter, { call, rank, family, clients, opened }: SpendingCause): void {
  writer.uint(calls.position(call))
  writer.uint(ranks.position(rank))
  writer.fixedHex(family)
  writer.list(clients, writer.text)
  writer.signed(opened)
}

function readCause(reader: ByteReader): SpendingCause {
  return {
    call: calls.at(reader.uint()),
    rank: ranks.at(reader.uint()),
    family: readChannelId(reader),
    clients: reader.list(() => parseClientName(reader.text())),
    opened: reader.signed(),
  }
}

function writeSpent(writer: ByteWriter, { hash, work, cost, block }: Spent): void {
  // As text: of what length hashes are is for the ledger to say.
  writer.text(hash)
  writer.bigint(work)
  writer.bigint(cost)
  writer.bigint(block)
}

function readOutcome(reader: ByteReader): SpendingEntry['outcome'] {
  const type = outcomes.at(reader.uint())
  if (type === 'pending') return { type, most: reader.bigint() }
  const hash: Hex = prefixed(reader.text())
  return { type, hash, work: reader.bigint(), cost: reader.bigint(), block: reader.bigint() }
}

export const spendingSumCodec: Codec<SpendingSum> = {
  what: 'sum of what a client cost',
  write(writer, { day, client, transactions, work, cost }) {
    writer.uint(day)
    writer.optional(client, writer.text)
    writer.uint(transactions)
    writer.bigint(work)
    writer.bigint(cost)
  },
  read: (reader) => ({
    day: reader.uint(),
    client: reader.optional(() => parseClientName(reader.text())),
    transactions: reader.uint(),
    work: reader.bigint(),
    cost: reader.bigint(),
  }),
}
