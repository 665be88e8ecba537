import { WatcherError } from '../errors/watcher-error.ts'
import type { HeldState } from '../model/channel.ts'
import type { StoredChannel, TransactionAttempt } from '../spi/store.ts'
import { parseClientName } from '../validation/parse-client-name.ts'
import { parseMailbox, parseRecord } from '../validation/parse-event.ts'
import { type Fields, parseBoolean, parseFields, parseList, parseUint256 } from '../validation/parse-fields.ts'
import { malformed, parseBytes, parseChannelId, parseStateHash, parseTransactionHash } from '../validation/parse-hex.ts'
import { parseParams, parseTransaction } from '../validation/parse-state.ts'
import type { StoreItem } from './items.ts'

/** One line of an export. The first names the ledger, the last counts the items, so that truncation is noticed. */
export type Line =
  | { readonly type: 'store'; readonly format: number; readonly ledgerId: string }
  | StoreItem
  | { readonly type: 'end'; readonly items: number }

/** Fields, of whatever object, that hold numbers of any size: alone, in a list, or in a list of lists. */
const bigintFields = new Set([
  'backends',
  'balances',
  'blockNumber',
  'chainId',
  'challengeDuration',
  'deadline',
  'lastSequence',
  'nonce',
  'number',
  'registeredVersion',
  'secondsLeft',
  'sequence',
  'timeout',
  'timestamp',
  'version',
])

/** JSON with bigints as decimal text; what is `undefined` is left out. */
export const textOf = (line: Line): string =>
  JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))

/** @throws WatcherError `STATE_MALFORMED` naming the field, or a `SyntaxError` */
export function lineOf(text: string): Line {
  const value: unknown = JSON.parse(text, (key, field: unknown) => (bigintFields.has(key) ? toBigints(field) : field))
  const fields = parseFields(value, 'line')
  const type = fields['type']
  switch (type) {
    case 'store':
      return {
        type,
        format: parseCount(fields['format'], 'format'),
        ledgerId: parseText(fields['ledgerId'], 'ledgerId'),
      }
    case 'channel':
      return parseChannelItem(fields)
    case 'attempt':
      return { type, attempt: parseAttempt(parseFields(fields['attempt'], 'attempt')) }
    case 'cursor':
      return { type, blockNumber: parseUint256(fields['blockNumber'], 'blockNumber') }
    case 'end':
      return { type, items: parseCount(fields['items'], 'items') }
    default:
      throw malformed('type', 'store, channel, attempt, cursor or end', type)
  }
}

/** Anything but decimal text stays as it is, for the parse functions to refuse. */
function toBigints(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toBigints)
  return typeof value === 'string' && /^-?\d{1,80}$/.test(value) ? BigInt(value) : value
}

function parseChannelItem(fields: Fields): StoreItem {
  const id = parseChannelId(fields['id'], 'id')
  const channel = parseStoredChannel(parseFields(fields['channel'], 'channel'))
  if (channel.newest.state.channelId !== id) {
    throw malformed('channel.newest.state.channelId', `the id ${id}`, channel.newest.state.channelId)
  }
  const mailboxes = parseList(fields['mailboxes'], 'mailboxes', (item, path) => {
    const [client, mailbox]: readonly unknown[] = Array.isArray(item) ? item : []
    return [parseClientName(client), parseMailbox(mailbox, path)] as const
  })
  return { type: 'channel', id, channel, mailboxes }
}

function parseStoredChannel(fields: Fields): StoredChannel {
  const held = (name: string): HeldState | undefined =>
    fields[name] === undefined ? undefined : parseHeld(fields[name], name)
  return {
    params: parseParams(fields['params']),
    parents: parseList(fields['parents'], 'parents', parseChannelId),
    clients: parseList(fields['clients'], 'clients', parseClientName),
    newest: parseHeld(fields['newest'], 'newest'),
    fallback: held('fallback'),
    registered: held('registered'),
    record: fields['record'] === undefined ? undefined : parseRecord(fields['record']),
    isRecordKnown: parseBoolean(fields['isRecordKnown'], 'isRecordKnown'),
  }
}

function parseHeld(value: unknown, path: string): HeldState {
  return { ...parseTransaction(value), hash: parseStateHash(parseFields(value, path)['hash'], `${path}.hash`) }
}

const parseAttempt = (fields: Fields): TransactionAttempt => ({
  account: parseBytes(fields['account'], 'account'),
  nonce: parseUint256(fields['nonce'], 'nonce'),
  hash: parseTransactionHash(fields['hash'], 'hash'),
  raw: parseBytes(fields['raw'], 'raw'),
})

function parseCount(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw malformed(path, 'a count', value)
}

function parseText(value: unknown, path: string): string {
  if (typeof value === 'string') return value
  throw malformed(path, 'a text', value)
}

/** An export that cannot be imported. */
export const badExport = (message: string, detail: string, cause?: unknown): WatcherError =>
  new WatcherError('EXPORT_INVALID', message, { details: [detail], cause })
