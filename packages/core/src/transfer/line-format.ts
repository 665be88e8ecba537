import type { LedgerId } from '../model/brand.ts'
import type { HeldState } from '../model/channel.ts'
import type { LedgerRecord, TransactionAttempt } from '../spi/store.ts'
import { parseClientName } from '../validation/parse-client-name.ts'
import { parseMailbox, parseRecord } from '../validation/parse-event.ts'
import { type Fields, parseFields, parseList, parseUint64, parseUint256 } from '../validation/parse-fields.ts'
import { malformed, parseBytes, parseChannelId, parseStateHash, parseTransactionHash } from '../validation/parse-hex.ts'
import { parseLedgerId } from '../validation/parse-ledger-id.ts'
import { parseParams, parseTransaction } from '../validation/parse-state.ts'
import { fromFirstFormat } from './first-format.ts'
import type { StoreItem } from './items.ts'

/** The first line of an export: what it is of. */
export interface Header {
  readonly type: 'store'
  readonly format: number
  /** By their numbers, as far as the store has such; a store of the first format is of exactly one. */
  readonly ledgers: readonly LedgerId[]
}

/** The last line counts the lines between, so that truncation is noticed. */
export interface End {
  readonly type: 'end'
  readonly items: number
}

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
export const textOf = (line: Header | StoreItem | End): string =>
  JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))

/** The fields of a line, not checked yet. @throws WatcherError `STATE_MALFORMED`, or a `SyntaxError` */
export function fieldsOf(text: string): Fields {
  const value: unknown = JSON.parse(text, (key, field: unknown) => (bigintFields.has(key) ? toBigints(field) : field))
  return parseFields(value, 'line')
}

/** Anything but decimal text stays as it is, for the parse functions to refuse. */
function toBigints(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toBigints)
  return typeof value === 'string' && /^-?\d{1,80}$/.test(value) ? BigInt(value) : value
}

/** The format that a first line names. @throws WatcherError `STATE_MALFORMED` */
export const formatOf = (fields: Fields): number => parseCount(fields['format'], 'format')

/** A first line of a format that is known. @throws WatcherError `STATE_MALFORMED` naming the field */
export function headerOf(fields: Fields): Header {
  const format = formatOf(fields)
  const ledgers =
    format === 1
      ? [parseLedgerId(fields['ledgerId'], 'ledgerId')]
      : parseList(fields['ledgers'], 'ledgers', parseLedgerId)
  return { type: 'store', format, ledgers }
}

/** @throws WatcherError `STATE_MALFORMED` naming the field */
export const endOf = (fields: Fields): End => ({ type: 'end', items: parseCount(fields['items'], 'items') })

/**
 * The items of a line that is neither the first nor the last: exactly one, but for lines of the first format.
 *
 * @throws WatcherError `STATE_MALFORMED` naming the field
 */
export function itemsOf(fields: Fields, { format, ledgers: [first] }: Header): readonly StoreItem[] {
  const items = format === 1 && first !== undefined ? fromFirstFormat(fields, first) : [fields]
  return items.map(itemOf)
}

function itemOf(fields: Fields): StoreItem {
  const type = fields['type']
  switch (type) {
    case 'channel':
      return parseChannelItem(fields)
    case 'line':
      return { type, ...parseLine(fields), clients: parseClients(fields['clients']), ...newestOf(fields) }
    case 'kept':
      return { type, ...parseLine(fields), held: parseHeldOf(fields['id'], fields['held'], 'held') }
    case 'older':
      return { type, ...parseLine(fields), states: parseList(fields['states'], 'states', parseName) }
    case 'attempt':
      return { type, ...parseLedger(fields), attempt: parseAttempt(parseFields(fields['attempt'], 'attempt')) }
    case 'cursor':
      return { type, ...parseLedger(fields), blockNumber: parseUint256(fields['blockNumber'], 'blockNumber') }
    default:
      throw malformed('type', 'store, channel, line, kept, older, attempt, cursor or end', type)
  }
}

type Channel = Extract<StoreItem, { type: 'channel' }>

function parseChannelItem(fields: Fields): Channel {
  const channel = parseFields(fields['channel'], 'channel')
  const mailboxes = parseList(fields['mailboxes'], 'mailboxes', (item, path) => {
    const [client, mailbox]: readonly unknown[] = Array.isArray(item) ? item : []
    return [parseClientName(client), parseMailbox(mailbox, path)] as const
  })
  return {
    type: 'channel',
    id: parseChannelId(fields['id'], 'id'),
    channel: {
      params: parseParams(channel['params']),
      parents: parseList(channel['parents'], 'parents', parseChannelId),
      clients: parseClients(channel['clients']),
      newest: parseHeldOf(fields['id'], channel['newest'], 'newest'),
      records: parseList(channel['records'], 'records', parseLedgerRecord),
    },
    mailboxes,
  }
}

function parseLedgerRecord(value: unknown, path: string): LedgerRecord {
  const { ledger, record } = parseFields(value, path)
  return {
    ledger: parseLedgerId(ledger, `${path}.ledger`),
    record: record === undefined ? undefined : parseRecord(record, `${path}.record`),
  }
}

const parseClients = (value: unknown): Channel['channel']['clients'] => parseList(value, 'clients', parseClientName)

const newestOf = ({ id, newest }: Fields): { readonly newest: HeldState } => ({
  newest: parseHeldOf(id, newest, 'newest'),
})

const parseLine = ({ id, line }: Fields): Pick<Extract<StoreItem, { type: 'line' }>, 'id' | 'line'> => ({
  id: parseChannelId(id, 'id'),
  line: parseCount(line, 'line'),
})

const parseLedger = ({ ledger }: Fields): { readonly ledger: LedgerId } => ({ ledger: parseLedgerId(ledger, 'ledger') })

/** A state of the channel with this id, and of no other. */
function parseHeldOf(id: unknown, value: unknown, path: string): HeldState {
  const held = { ...parseTransaction(value), hash: parseStateHash(parseFields(value, path)['hash'], `${path}.hash`) }
  const { channelId } = held.state
  if (channelId !== parseChannelId(id, 'id'))
    throw malformed(`${path}.state.channelId`, `the id ${String(id)}`, channelId)
  return held
}

function parseName(value: unknown, path: string): Extract<StoreItem, { type: 'older' }>['states'][number] {
  const { version, hash } = parseFields(value, path)
  return { version: parseUint64(version, `${path}.version`), hash: parseStateHash(hash, `${path}.hash`) }
}

const parseAttempt = (fields: Fields): TransactionAttempt => ({
  lane: parseLane(fields['lane']),
  sequence: parseUint256(fields['sequence'], 'sequence'),
  hash: parseTransactionHash(fields['hash'], 'hash'),
  raw: parseBytes(fields['raw'], 'raw'),
})

function parseCount(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw malformed(path, 'a count', value)
}

function parseLane(value: unknown): string {
  if (typeof value === 'string') return value
  throw malformed('lane', 'a text', value)
}
