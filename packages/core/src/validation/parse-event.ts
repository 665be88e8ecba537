import { assertNever } from '../errors/watcher-error.ts'
import type { AdjudicatorEvent, ChainFact, EndangeredReason, Finality } from '../model/events.ts'
import type { Block, OnChainRecord, Phase } from '../model/ledger.ts'
import type { Mailbox } from '../spi/store.ts'
import { type Fields, parseFields, parseList, parseUint64, parseUint256 } from './parse-fields.ts'
import { malformed, parseBlockHash, parseChannelId, parseStateHash, parseTransactionHash } from './parse-hex.ts'
import { parseLedgerId } from './parse-ledger-id.ts'
import { parseIndex, parseTransaction } from './parse-state.ts'

/** The keys are the names; a record, so that the compiler misses none. */
const phases: Readonly<Record<Phase, true>> = { dispute: true, forceExec: true, concluded: true }
const finalities: Readonly<Record<Finality, true>> = { seen: true, final: true }
const types: Readonly<Record<AdjudicatorEvent['type'], true>> = {
  registered: true,
  progressed: true,
  concluded: true,
  removed: true,
  learned: true,
  refuted: true,
  endangered: true,
  stateNeeded: true,
}
const reasons: Readonly<Record<EndangeredReason, true>> = {
  'sub-channel-unknown': true,
  'state-unknown': true,
  'lock-mismatch': true,
  'tree-too-large': true,
  'same-version': true,
  unreachable: true,
  underfunded: true,
  reverted: true,
  late: true,
  'too-late': true,
  'short-sub-window': true,
  'history-cut': true,
  'store-failing': true,
  'budget-exceeded': true,
  other: true,
}

function isName<T extends string>(value: unknown, names: Readonly<Record<T, true>>): value is T {
  return typeof value === 'string' && Object.hasOwn(names, value)
}

/** Whether this version knows a warning's reason by this name. */
export const isEndangeredReason = (value: unknown): value is EndangeredReason => isName(value, reasons)

/** Every reason that a warning may have. */
export const endangeredReasons: readonly EndangeredReason[] = Object.keys(reasons).filter(isEndangeredReason)

function parseName<T extends string>(value: unknown, path: string, names: Readonly<Record<T, true>>): T {
  if (isName(value, names)) return value
  throw malformed(path, `one of ${Object.keys(names).join(', ')}`, value)
}

function parseOptional<T>(value: unknown, path: string, parse: (value: unknown, path: string) => T): T | undefined {
  return value === undefined ? undefined : parse(value, path)
}

function parseSigned(value: unknown, path: string): bigint {
  if (typeof value !== 'bigint') throw malformed(path, 'a bigint', value)
  return value
}

function parseText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw malformed(path, 'a text', value)
  return value
}

/** The adjudicator's record of a channel from anything. @throws WatcherError `STATE_MALFORMED`, naming the field. */
export function parseRecord(value: unknown, path = 'record'): OnChainRecord {
  const fields = parseFields(value, path)
  return {
    version: parseUint64(fields['version'], `${path}.version`),
    phase: parseName(fields['phase'], `${path}.phase`, phases),
    timeout: parseUint256(fields['timeout'], `${path}.timeout`),
    stateHash: parseOptional(fields['stateHash'], `${path}.stateHash`, parseStateHash),
    blockNumber: parseUint256(fields['blockNumber'], `${path}.blockNumber`),
  }
}

/** What waits for a client from anything. @throws WatcherError `STATE_MALFORMED`, naming the field. */
export function parseMailbox(value: unknown, path = 'mailbox'): Mailbox {
  const fields = parseFields(value, path)
  return {
    lastSequence: parseUint256(fields['lastSequence'], `${path}.lastSequence`),
    events: parseList(fields['events'], `${path}.events`, (item, itemPath) => {
      const numbered = parseFields(item, itemPath)
      return {
        sequence: parseUint256(numbered['sequence'], `${itemPath}.sequence`),
        ledger: parseLedgerId(numbered['ledger'], `${itemPath}.ledger`),
        event: parseEvent(numbered['event'], `${itemPath}.event`),
      }
    }),
  }
}

/** An event from anything. @throws WatcherError `STATE_MALFORMED`, naming the field. */
export function parseEvent(value: unknown, path = 'event'): AdjudicatorEvent {
  const fields = parseFields(value, path)
  const type = parseName(fields['type'], `${path}.type`, types)
  const channelId = parseChannelId(fields['channelId'], `${path}.channelId`)
  switch (type) {
    case 'registered':
    case 'progressed':
    case 'concluded':
      return parseFact(type, fields, path)
    case 'removed':
      return { type, channelId, fact: parseRemovedFact(fields['fact'], `${path}.fact`) }
    case 'learned': {
      const version = parseUint64(fields['version'], `${path}.version`)
      return { type, channelId, version, transaction: parseTransaction(fields['transaction']) }
    }
    case 'refuted':
      return {
        type,
        channelId,
        version: parseUint64(fields['version'], `${path}.version`),
        transactionHash: parseTransactionHash(fields['transactionHash'], `${path}.transactionHash`),
        secondsLeft: parseSigned(fields['secondsLeft'], `${path}.secondsLeft`),
      }
    case 'endangered':
      return {
        type,
        channelId,
        reason: parseName(fields['reason'], `${path}.reason`, reasons),
        version: parseUint64(fields['version'], `${path}.version`),
        registeredVersion: parseOptional(fields['registeredVersion'], `${path}.registeredVersion`, parseUint64),
        deadline: parseOptional(fields['deadline'], `${path}.deadline`, parseUint256),
        secondsLeft: parseOptional(fields['secondsLeft'], `${path}.secondsLeft`, parseSigned),
        detail: parseText(fields['detail'], `${path}.detail`),
      }
    case 'stateNeeded':
      return {
        type,
        channelId,
        version: parseUint64(fields['version'], `${path}.version`),
        stateHash: parseStateHash(fields['stateHash'], `${path}.stateHash`),
        deadline: parseOptional(fields['deadline'], `${path}.deadline`, parseUint256),
        secondsLeft: parseOptional(fields['secondsLeft'], `${path}.secondsLeft`, parseSigned),
      }
    default:
      return assertNever(type)
  }
}

function parseRemovedFact(value: unknown, path: string): ChainFact {
  const fields = parseFields(value, path)
  const type = parseName(fields['type'], `${path}.type`, types)
  if (type === 'registered' || type === 'progressed' || type === 'concluded') return parseFact(type, fields, path)
  throw malformed(`${path}.type`, 'registered, progressed or concluded', type)
}

function parseFact(type: ChainFact['type'], fields: Fields, path: string): ChainFact {
  return {
    type,
    channelId: parseChannelId(fields['channelId'], `${path}.channelId`),
    version: parseUint64(fields['version'], `${path}.version`),
    timeout: parseUint256(fields['timeout'], `${path}.timeout`),
    finality: parseName(fields['finality'], `${path}.finality`, finalities),
    block: parseBlock(fields['block'], `${path}.block`),
    transactionHash: parseOptional(fields['transactionHash'], `${path}.transactionHash`, parseTransactionHash),
    ...parseAddition(fields, path),
  }
}

/** What is known of few facts, and named with those alone. */
function parseAddition(fields: Fields, path: string): Pick<ChainFact, 'transaction' | 'actor'> {
  const transaction = parseOptional(fields['transaction'], `${path}.transaction`, parseTransaction)
  const actor = parseOptional(fields['actor'], `${path}.actor`, parseIndex)
  return { ...(transaction === undefined ? {} : { transaction }), ...(actor === undefined ? {} : { actor }) }
}

function parseBlock(value: unknown, path: string): Block {
  const fields = parseFields(value, path)
  return {
    number: parseUint256(fields['number'], `${path}.number`),
    hash: parseBlockHash(fields['hash'], `${path}.hash`),
    timestamp: parseUint256(fields['timestamp'], `${path}.timestamp`),
  }
}
