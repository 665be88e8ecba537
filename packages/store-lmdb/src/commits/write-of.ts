import type { HeldState, LedgerId } from '@perun-watcher/core'
import { assertNever, type Mailbox, type StoreChange } from '@perun-watcher/core/adapter'
import { type Codec, encode } from '../codec/frame.ts'
import { lineClientsCodec, linksCodec } from '../codec/index-codec.ts'
import { cursorKey, idKey, keptKey, keptPrefix, lineKey, mailboxKey, partKey } from '../codec/keys.ts'
import { mailboxCodec } from '../codec/mailbox-codec.ts'
import { numberCodec } from '../codec/small-codecs.ts'
import { heldCodec, paramsCodec } from '../codec/state-codec.ts'
import { put, remove, removeAll, type Tables } from '../files/open-tables.ts'

export type Write = (tables: Tables) => void

type NumberOf = (ledger: LedgerId) => number

/**
 * What a change writes besides the index entry.
 *
 * @throws WatcherError `STORE_OF_ANOTHER_LEDGER` where it names a ledger that the store is not bound to
 */
export function writeOf(change: StoreChange, numberOf: NumberOf): Write {
  if (change.type !== 'putCursor') return writeToChannel(idKey(change.id), change, numberOf)
  const key = cursorKey(numberOf(change.ledger))
  const value = encode(numberCodec, key, change.blockNumber)
  return ({ meta }) => put(meta, key, value)
}

function writeToChannel(id: Buffer, change: Exclude<StoreChange, { type: 'putCursor' }>, numberOf: NumberOf): Write {
  switch (change.type) {
    case 'createChannel': {
      const { params, parents, clients, newest } = change
      return all([
        putValue(partKey(id, 'params'), paramsCodec, params),
        putValue(partKey(id, 'links'), linksCodec, { parents, clients }),
        putNewest(id, 0, newest),
      ])
    }
    case 'putLinks':
      return putValue(partKey(id, 'links'), linksCodec, change)
    case 'createLine': {
      const { line, clients, newest } = change
      return all([
        (tables) => removeLine(tables, id, line),
        putValue(lineKey(id, 'lineClients', line), lineClientsCodec, clients),
        putNewest(id, line, newest),
      ])
    }
    case 'putLineClients':
      return putValue(lineKey(id, 'lineClients', change.line), lineClientsCodec, change.clients)
    case 'removeLine':
      return (tables) => removeLine(tables, id, change.line)
    case 'putNewest':
      return putNewest(id, change.line, change.held)
    case 'putKept': {
      const { state, hash } = change.held
      return putValue(keptKey(id, change.line, state.version, hash), heldCodec, change.held)
    }
    case 'dropKept': {
      const keys = change.states.map(({ version, hash }) => keptKey(id, change.line, version, hash))
      return ({ channels }) => {
        for (const key of keys) remove(channels, key)
      }
    }
    case 'putRecord':
      // In the index entry, like what follows; refused at once where the ledger is unknown.
      numberOf(change.ledger)
      return nothing
    case 'putOlder':
      return nothing
    case 'putMailbox':
      return putMailbox(mailboxKey(id, change.client), change.mailbox, numberOf)
    case 'removeChannel':
      return ({ channels, mailboxes }) => {
        removeAll(channels, id)
        removeAll(mailboxes, id)
      }
    default:
      return assertNever(change)
  }
}

const nothing: Write = () => {}

const all =
  (writes: readonly Write[]): Write =>
  (tables) => {
    for (const write of writes) write(tables)
  }

function putValue<T>(key: Buffer, codec: Codec<T>, content: T): Write {
  const value = encode(codec, key, content)
  return ({ channels }) => put(channels, key, value)
}

const putNewest = (id: Buffer, line: number, held: HeldState): Write =>
  putValue(line === 0 ? partKey(id, 'newest') : lineKey(id, 'lineNewest', line), heldCodec, held)

function putMailbox(key: Buffer, mailbox: Mailbox | undefined, numberOf: NumberOf): Write {
  if (mailbox === undefined) return ({ mailboxes }) => remove(mailboxes, key)
  const { lastSequence, events } = mailbox
  const numbered = events.map(({ sequence, ledger, event }) => ({ sequence, ledger: numberOf(ledger), event }))
  const value = encode(mailboxCodec, key, { lastSequence, events: numbered })
  return ({ mailboxes }) => put(mailboxes, key, value)
}

function removeLine({ channels }: Tables, id: Buffer, line: number): void {
  remove(channels, lineKey(id, 'lineClients', line))
  remove(channels, lineKey(id, 'lineNewest', line))
  removeAll(channels, keptPrefix(id, line))
}
