import type { Hex } from '@perun-watcher/core'
import type { TransactionAttempt } from '@perun-watcher/core/adapter'
import type { Codec } from './frame.ts'

export const attemptCodec: Codec<TransactionAttempt> = {
  what: 'transaction',
  // As text: the journal accepts any hexadecimal text, even with an odd number of digits.
  write(writer, { account, nonce, hash, raw }) {
    writer.text(account)
    writer.bigint(nonce)
    writer.text(hash)
    writer.text(raw)
  },
  read: (reader) => ({
    account: prefixed(reader.text()),
    nonce: reader.bigint(),
    hash: prefixed(reader.text()),
    raw: prefixed(reader.text()),
  }),
}

export const numberCodec: Codec<bigint> = {
  what: 'number',
  write: (writer, value) => writer.bigint(value),
  read: (reader) => reader.bigint(),
}

export const textCodec: Codec<string> = {
  what: 'text',
  write: (writer, value) => writer.text(value),
  read: (reader) => reader.text(),
}

function prefixed(text: string): Hex {
  if (!isPrefixed(text)) throw new RangeError('it does not begin with 0x')
  return text
}

const isPrefixed = (text: string): text is Hex => text.startsWith('0x')
