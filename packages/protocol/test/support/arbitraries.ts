import {
  type AdjudicatorEvent,
  type ChainFact,
  type ErrorCode,
  errorCodes,
  parseBytes,
  type SignedState,
  WatcherError,
} from '@perun-watcher/core'
import fc from 'fast-check'
import { channelId, held, mailbox, params } from '../../../store-lmdb/test/support/arbitraries.ts'
import type { WireReceipt } from '../../src/index.ts'
import type { ClientMessage, ReplyResult, ServerMessage } from '../../src/internal.ts'

const uint64 = fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
const uint32 = fc.nat({ max: 2 ** 32 - 1 })
const ascii = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength })
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })

/** No bytes stand for no app. */
const noApp = parseBytes('0x')

const receipt: fc.Arbitrary<WireReceipt | undefined> = fc.option(
  fc.record({ body: fc.uint8Array({ maxLength: 1024 }), signature: bytes(64) }),
  { nil: undefined },
)

const signedState: fc.Arbitrary<SignedState> = fc.tuple(params, held).map(([ofChannel, { state, sigs }]) => ({
  params: { ...ofChannel, app: ofChannel.app === noApp ? undefined : ofChannel.app },
  state,
  sigs,
}))

const within64 = (value: bigint): bigint => BigInt.asIntN(64, value)

/** As the wire has it: what is told twice in the model is told once there. */
function asOnTheWire(event: AdjudicatorEvent, detail: string): AdjudicatorEvent {
  switch (event.type) {
    case 'removed':
      return { ...event, fact: { ...event.fact, channelId: event.channelId } }
    case 'learned':
      return { ...event, version: event.transaction.state.version }
    case 'refuted':
      return { ...event, secondsLeft: within64(event.secondsLeft) }
    case 'endangered': {
      const secondsLeft = event.secondsLeft === undefined ? undefined : within64(event.secondsLeft)
      return { ...event, secondsLeft, deadline: event.deadline === 0n ? undefined : event.deadline, detail }
    }
    case 'stateNeeded': {
      const secondsLeft = event.secondsLeft === undefined ? undefined : within64(event.secondsLeft)
      return { ...event, secondsLeft, deadline: event.deadline === 0n ? undefined : event.deadline }
    }
    default:
      return event
  }
}

type Addition = Pick<ChainFact, 'transaction' | 'actor'>

/** What is not stored with a fact, but told. */
const addition: fc.Arbitrary<Addition> = fc.record(
  { transaction: held.map(({ state, sigs }) => ({ state, sigs })), actor: fc.nat({ max: 65_535 }) },
  { requiredKeys: [] },
)

function withAddition(event: AdjudicatorEvent, added: Addition): AdjudicatorEvent {
  const isFact = event.type === 'registered' || event.type === 'progressed' || event.type === 'concluded'
  return isFact ? { ...event, ...added } : event
}

const event: fc.Arbitrary<AdjudicatorEvent> = fc
  .tuple(
    mailbox.filter(({ events }) => events.length > 0),
    ascii(500),
    addition,
  )
  .map(([{ events }, detail, added]) => events.map((each) => withAddition(asOnTheWire(each.event, detail), added)))
  .chain((events) => fc.constantFrom(...events))

const error: fc.Arbitrary<WatcherError> = fc
  .record({
    code: fc.constantFrom(...Object.keys(errorCodes).filter((code): code is ErrorCode => code in errorCodes)),
    message: ascii(500),
    details: fc.array(ascii(500), { maxLength: 8 }),
    retryable: fc.boolean(),
    retryAfterMs: fc.option(fc.integer({ min: 1, max: 2 ** 32 - 1 }), { nil: undefined }),
  })
  .map(({ code, message, ...options }) => new WatcherError(code, message, options))

export const clientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    versions: fc.array(uint32, { minLength: 1, maxLength: 16 }),
    software: ascii(100),
    ledgerId: ascii(256),
  }),
  fc.record({
    type: fc.constant('startWatching' as const),
    request: uint64,
    watch: uint32,
    newest: signedState,
    parent: fc.option(channelId, { nil: undefined }),
    receipt,
  }),
  fc.record({
    type: fc.constant('publish' as const),
    request: uint64,
    watch: uint32,
    transaction: signedState.map(({ state, sigs }) => ({ state, sigs })),
  }),
  fc.record({ type: fc.constant('stopWatching' as const), request: uint64, channelId }),
  fc.record({
    type: fc.constant('listChannels' as const),
    request: uint64,
    after: fc.option(channelId, { nil: undefined }),
    limit: uint32,
  }),
  fc.record({ type: fc.constant('acknowledge' as const), watch: uint32, sequence: uint64 }),
  fc.record({ type: fc.constant('ping' as const), number: uint64 }),
)

const result: fc.Arbitrary<ReplyResult> = fc.oneof(
  fc.record({ type: fc.constantFrom('started' as const, 'published' as const), version: uint64, receipt }),
  fc.constant({ type: 'stopped' as const }),
  fc.record({
    type: fc.constant('channels' as const),
    channels: fc.array(
      fc.record({ id: channelId, version: uint64, parent: fc.option(channelId, { nil: undefined }) }),
      { maxLength: 20 },
    ),
    more: fc.boolean(),
  }),
  fc.record({ type: fc.constant('failed' as const), error }),
)

export const serverMessage: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({
    type: fc.constant('welcome' as const),
    version: uint32,
    software: ascii(100),
    ledgerId: ascii(256),
    maxMessageBytes: uint32,
    maxRequests: uint32,
    idleTimeoutSeconds: uint32,
    receiptKey: fc.option(bytes(32), { nil: undefined }),
  }),
  fc.record({ type: fc.constant('reply' as const), request: uint64, result }),
  fc.record({ type: fc.constant('event' as const), watch: uint32, sequence: uint64, ledgerId: ascii(256), event }),
  fc.record({ type: fc.constant('watchEnded' as const), watch: uint32, error: fc.option(error, { nil: undefined }) }),
  fc.record({ type: fc.constant('pong' as const), number: uint64 }),
  fc.record({ type: fc.constant('goodbye' as const), error }),
)
