import type { Hex } from '@perun-watcher/core'
import type { TransactionAttempt } from '@perun-watcher/core/adapter'
import type { ByteReader } from './byte-reader.ts'
import type { Codec } from './frame.ts'

/** A transaction, and the number that its ledger has in the store. */
export interface AttemptEntry {
  readonly ledger: number
  readonly attempt: TransactionAttempt
}

export const attemptCodec: Codec<AttemptEntry> = {
  what: 'transaction',
  layout: 2,
  // As text: the journal accepts any hexadecimal text, even with an odd number of digits.
  write(writer, { ledger, attempt: { lane, sequence, hash, raw } }) {
    writer.uint(ledger)
    writer.text(lane)
    writer.bigint(sequence)
    writer.text(hash)
    writer.text(raw)
  },
  read: (reader) => ({ ledger: reader.uint(), attempt: readAttempt(reader) }),
  former: { 1: (reader) => ({ ledger: 0, attempt: readAttempt(reader) }) },
}

const readAttempt = (reader: ByteReader): TransactionAttempt => ({
  lane: reader.text(),
  sequence: reader.bigint(),
  hash: prefixed(reader.text()),
  raw: prefixed(reader.text()),
})

export const numberCodec: Codec<bigint> = {
  what: 'number',
  write: (writer, value) => writer.bigint(value),
  read: (reader) => reader.bigint(),
}

/** @throws RangeError */
export function prefixed(text: string): Hex {
  if (!isPrefixed(text)) throw new RangeError('it does not begin with 0x')
  return text
}

const isPrefixed = (text: string): text is Hex => text.startsWith('0x')
