import type { MessageInitShape } from '@bufbuild/protobuf'
import type { AdjudicatorEvent, ChainFact, Endangered } from '@perun-watcher/core'
import { assertNever } from '@perun-watcher/core/adapter'
import { isEndangeredReason, parseEvent } from '@perun-watcher/core/internal'
import {
  type AdjudicatorEventSchema,
  type ChainFactSchema,
  Finality,
  type RemovedFact,
  type Endangered as WireEndangered,
  type AdjudicatorEvent as WireEvent,
  type ChainFact as WireFact,
} from '../generated/perun/watcher/v1/watcher_pb.js'
import { bytesOf, optionalHex, present, uint256Of, uint256ToBytes } from './fields.ts'
import type { Received } from './message-reader.ts'
import { readTransaction, writeTransaction } from './state-codec.ts'
import { boundedText } from './text.ts'
import { violation } from './violation.ts'
import { wireLimits } from './wire-limits.ts'

type EventInit = MessageInitShape<typeof AdjudicatorEventSchema>

const largestInt64 = 2n ** 63n - 1n

/** The seconds left, clamped to 64 bits; more is as good as for ever. */
const withinInt64 = (seconds: bigint): bigint =>
  seconds > largestInt64 ? largestInt64 : seconds < -largestInt64 ? -largestInt64 : seconds

function writeFact(fact: ChainFact, ledgerId: string): MessageInitShape<typeof ChainFactSchema> {
  return {
    ledgerId,
    version: fact.version,
    timeout: uint256ToBytes(fact.timeout, 'event.timeout'),
    finality: fact.finality === 'final' ? Finality.FINAL : Finality.SEEN,
    block: {
      number: uint256ToBytes(fact.block.number, 'event.block.number'),
      hash: bytesOf(fact.block.hash, 'event.block.hash'),
      timestamp: uint256ToBytes(fact.block.timestamp, 'event.block.timestamp'),
    },
    ...(fact.transactionHash === undefined
      ? {}
      : { transactionHash: bytesOf(fact.transactionHash, 'event.transactionHash') }),
    ...(fact.transaction === undefined ? {} : { state: writeTransaction(fact.transaction) }),
    ...(fact.actor === undefined ? {} : { actor: fact.actor }),
  }
}

function writeKind(event: AdjudicatorEvent, ledgerId: string): NonNullable<EventInit['kind']> {
  switch (event.type) {
    case 'registered':
    case 'progressed':
    case 'concluded':
      return { case: event.type, value: writeFact(event, ledgerId) }
    case 'removed':
      return { case: 'removed', value: { fact: { case: event.fact.type, value: writeFact(event.fact, ledgerId) } } }
    case 'learned':
      return { case: 'learned', value: { ledgerId, state: writeTransaction(event.transaction) } }
    case 'refuted':
      return {
        case: 'refuted',
        value: {
          ledgerId,
          version: event.version,
          transactionHash: bytesOf(event.transactionHash, 'event.transactionHash'),
          secondsLeft: withinInt64(event.secondsLeft),
        },
      }
    case 'endangered': {
      const { reason, version, registeredVersion, deadline, secondsLeft, detail } = event
      return {
        case: 'endangered',
        value: {
          ledgerId,
          reason,
          version,
          ...(registeredVersion === undefined ? {} : { registeredVersion }),
          ...(deadline === undefined ? {} : { deadline: uint256ToBytes(deadline, 'event.deadline') }),
          ...(secondsLeft === undefined ? {} : { secondsLeft: withinInt64(secondsLeft) }),
          detail: boundedText(detail, wireLimits.text),
        },
      }
    }
    case 'stateNeeded': {
      const { version, stateHash, deadline, secondsLeft } = event
      return {
        case: 'stateNeeded',
        value: {
          ledgerId,
          version,
          stateHash: bytesOf(stateHash, 'event.stateHash'),
          ...(deadline === undefined ? {} : { deadline: uint256ToBytes(deadline, 'event.deadline') }),
          ...(secondsLeft === undefined ? {} : { secondsLeft: withinInt64(secondsLeft) }),
        },
      }
    }
    default:
      return assertNever(event)
  }
}

/** @param ledgerId of the adjudicator that the event is about */
export function writeEvent(event: AdjudicatorEvent, ledgerId: string): EventInit {
  return { channelId: bytesOf(event.channelId, 'event.channelId'), kind: writeKind(event, ledgerId) }
}

/** Of which adjudicator an event tells; empty: of the one of the connection. */
export function ledgerIdOf({ kind }: Received<WireEvent>): string {
  if (kind.case !== 'removed') return kind.value?.ledgerId ?? ''
  return kind.value.fact.value?.ledgerId ?? ''
}

type Fields = Readonly<Record<string, unknown>>

function readFinality(finality: Finality): ChainFact['finality'] {
  switch (finality) {
    case Finality.SEEN:
      return 'seen'
    case Finality.FINAL:
      return 'final'
    case Finality.UNSPECIFIED:
      throw violation('event.finality must be given')
    default:
      throw violation(`event.finality must not be ${Number(finality)}`)
  }
}

function readFact(type: ChainFact['type'], fact: Received<WireFact>): Fields {
  const block = present(fact.block, 'event.block')
  return {
    type,
    version: fact.version,
    timeout: uint256Of(fact.timeout, 'event.timeout'),
    finality: readFinality(fact.finality),
    block: {
      number: uint256Of(block.number, 'event.block.number'),
      hash: block.hash,
      timestamp: uint256Of(block.timestamp, 'event.block.timestamp'),
    },
    transactionHash: optionalHex(fact.transactionHash),
    transaction: fact.state === undefined ? undefined : readTransaction(fact.state),
    actor: fact.actor,
  }
}

function readRemoved({ fact }: Received<RemovedFact>, channelId: string): Fields {
  if (fact.case === undefined) throw violation('event.removed must have a fact')
  return { type: 'removed', fact: { ...readFact(fact.case, fact.value), channelId } }
}

/** A warning must get through, even if only a later version knows its reason. */
function readReason(reason: string, detail: string): Pick<Endangered, 'reason' | 'detail'> {
  return isEndangeredReason(reason)
    ? { reason, detail: boundedText(detail, wireLimits.text) }
    : { reason: 'other', detail: boundedText(`${reason}: ${detail}`, wireLimits.text) }
}

const readDeadline = (deadline: Received<WireEndangered>['deadline']): bigint | undefined =>
  deadline === '0x' ? undefined : uint256Of(deadline, 'event.deadline')

function readKind(kind: Received<WireEvent>['kind'], channelId: string): Fields {
  switch (kind.case) {
    case 'registered':
    case 'progressed':
    case 'concluded':
      return readFact(kind.case, kind.value)
    case 'removed':
      return readRemoved(kind.value, channelId)
    case 'learned': {
      const transaction = readTransaction(present(kind.value.state, 'event.state'))
      return { type: 'learned', version: transaction.state.version, transaction }
    }
    case 'refuted': {
      const { version, transactionHash, secondsLeft } = kind.value
      return { type: 'refuted', version, transactionHash, secondsLeft }
    }
    case 'endangered': {
      const { reason, version, registeredVersion, deadline, secondsLeft, detail } = kind.value
      const rest = { version, registeredVersion, deadline: readDeadline(deadline), secondsLeft }
      return { type: 'endangered', ...rest, ...readReason(reason, detail) }
    }
    case 'stateNeeded': {
      const { version, stateHash, deadline, secondsLeft } = kind.value
      return { type: 'stateNeeded', version, stateHash, deadline: readDeadline(deadline), secondsLeft }
    }
    case undefined:
      throw violation('An event must have a known kind')
    default:
      return assertNever(kind)
  }
}

/** @throws WatcherError `PROTOCOL_VIOLATION` or `STATE_MALFORMED`, naming the field. */
export function readEvent(event: Received<WireEvent>): AdjudicatorEvent {
  const { kind, channelId } = event
  return parseEvent({ ...readKind(kind, channelId), channelId })
}
