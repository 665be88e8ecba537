import { type DescField, type DescMessage, fromBinary, type MessageShape, ScalarType } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { type Hex, parseChannelId, WatcherError } from '@perun-watcher/core'
import {
  type Allocation,
  ClientMessageSchema,
  type Hello,
  type Params,
  type Publish,
  type Receipt,
  type SignedState,
  type StartWatching,
} from '../../src/generated/perun/watcher/v1/watcher_pb.js'
import type { WireReceipt } from '../../src/index.ts'
import type { ClientMessage } from '../../src/internal.ts'

/** The limits of docs/wire.md, in numbers of their own. */
const limits = { fields: 16_384, list: 1024, packedBytes: 1024 * 5 }

const refusal = (code: 'PROTOCOL_VIOLATION' | 'STATE_MALFORMED'): WatcherError => new WatcherError(code, 'Refused.')

function hold(condition: boolean, code: 'PROTOCOL_VIOLATION' | 'STATE_MALFORMED' = 'PROTOCOL_VIOLATION'): void {
  if (!condition) throw refusal(code)
}

const isText = ({ scalar }: DescField): boolean => scalar === ScalarType.BYTES || scalar === ScalarType.STRING

/** Each part is cut out first, so that none can reach beyond itself. @returns the number of fields. */
function countFields(schema: DescMessage, bytes: Uint8Array): number {
  const reader = new BinaryReader(bytes)
  const entries = new Map<number, number>()
  let fields = 0
  while (reader.pos < bytes.length) {
    const [number, wireType] = reader.tag()
    hold(wireType !== WireType.StartGroup && wireType !== WireType.EndGroup)
    const data = reader.skip(wireType, number)
    const field = schema.fields.find((each) => each.number === number)
    if (field?.fieldKind === 'list') entries.set(number, (entries.get(number) ?? 0) + 1)
    fields += 1 + (field === undefined ? 0 : countContent(field, wireType, data))
  }
  hold(Math.max(0, ...entries.values()) <= limits.list)
  return fields
}

function countContent(field: DescField, wireType: WireType, data: Uint8Array): number {
  if (wireType === WireType.Varint) {
    hold(field.message === undefined && !isText(field))
    return 0
  }
  hold(wireType === WireType.LengthDelimited)
  const content = new BinaryReader(data).bytes()
  if (field.message !== undefined) return countFields(field.message, content)
  if (!isText(field)) checkPacked(field, content)
  return 0
}

function checkPacked(field: DescField, content: Uint8Array): void {
  hold(field.fieldKind === 'list' && field.packed && content.length <= limits.packedBytes)
  const reader = new BinaryReader(content)
  while (reader.pos < content.length) reader.uint32()
}

/** What Protocol Buffers read, where the limits hold. @throws WatcherError `PROTOCOL_VIOLATION` */
export function referenceRead<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  try {
    hold(countFields(schema, bytes) <= limits.fields)
    return fromBinary(schema, bytes, { readUnknownFields: false })
  } catch {
    throw refusal('PROTOCOL_VIOLATION')
  }
}

const hex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`

function list<From, To>(from: readonly From[], read: (from: From) => To): To[] {
  hold(from.length <= limits.list, 'STATE_MALFORMED')
  return from.map((each) => read(each))
}

function given<Part>(part: Part | undefined): Part {
  if (part === undefined) throw refusal('STATE_MALFORMED')
  return part
}

function uint256(bytes: Uint8Array): bigint {
  hold(bytes.length <= 32 && bytes[0] !== 0, 'STATE_MALFORMED')
  return bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n)
}

const outcome = ({ assets, backends, balances, locked }: Allocation) => ({
  assets: list(assets, ({ chainId, holder, crossChainHolder }) => ({
    chainId: uint256(chainId),
    holder: hex(holder),
    crossChainHolder: hex(crossChainHolder),
  })),
  backends: list(backends, uint256),
  balances: list(balances, ({ amounts }) => list(amounts, uint256)),
  locked: list(locked, (lock) => ({
    channelId: hex(lock.channelId),
    balances: list(lock.balances, uint256),
    indexMap: list(lock.indexMap, (index) => index),
  })),
})

function transaction(signed: SignedState | undefined) {
  const { state, sigs } = given(signed)
  const { channelId, version, appData, isFinal, ...rest } = given(state)
  return {
    state: {
      channelId: hex(channelId),
      version,
      outcome: outcome(given(rest.outcome)),
      appData: hex(appData),
      isFinal,
    },
    sigs: list(sigs, hex),
  }
}

const params = ({ challengeDuration, nonce, participants, app, ledgerChannel, virtualChannel }: Params) => ({
  challengeDuration: uint256(challengeDuration),
  nonce: uint256(nonce),
  participants: list(participants, ({ address, crossChainAddress }) => ({
    address: hex(address),
    crossChainAddress: hex(crossChainAddress),
  })),
  app: app.length === 0 ? undefined : hex(app),
  ledgerChannel,
  virtualChannel,
})

function receipt({ body, signature }: Receipt): WireReceipt {
  hold(body.length <= 1024 && signature.length === 64)
  return { body, signature }
}

function hello({ versions, software, ledgerId }: Hello): ClientMessage {
  hold(versions.length >= 1 && versions.length <= 16)
  hold(/^[ -~]{0,100}$/.test(software) && /^[ -~]{0,256}$/.test(ledgerId))
  return { type: 'hello', versions, software, ledgerId }
}

const startWatching = ({ request, watch, parent, ...rest }: StartWatching): ClientMessage => ({
  type: 'startWatching',
  request,
  watch,
  newest: { params: params(given(rest.params)), ...transaction(rest.newest) },
  parent: parent.length === 0 ? undefined : hex(parent),
  receipt: rest.receipt === undefined ? undefined : receipt(rest.receipt),
})

const publish = ({ request, watch, state }: Publish): ClientMessage => ({
  type: 'publish',
  request,
  watch,
  transaction: transaction(state),
})

function answerable(request: bigint, read: () => ClientMessage): unknown {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof WatcherError)) throw error
    return { type: 'malformed', request, code: error.code }
  }
}

/**
 * What `decodeClientMessage` should give, made with the library that made the schema's code and with nothing of ours.
 * Of a malformed request it gives the code only.
 */
export function referenceDecode(bytes: Uint8Array): unknown {
  const { kind } = referenceRead(ClientMessageSchema, bytes)
  switch (kind.case) {
    case 'hello':
      return hello(kind.value)
    case 'startWatching':
      return answerable(kind.value.request, () => startWatching(kind.value))
    case 'publish':
      return answerable(kind.value.request, () => publish(kind.value))
    case 'stopWatching': {
      const { request, channelId } = kind.value
      return answerable(request, () => ({
        type: 'stopWatching',
        request,
        channelId: parseChannelId(hex(channelId), 'channelId'),
      }))
    }
    case 'listChannels': {
      const { request, after, limit } = kind.value
      return answerable(request, () => ({
        type: 'listChannels',
        request,
        after: after.length === 0 ? undefined : parseChannelId(hex(after), 'after'),
        limit,
      }))
    }
    case 'acknowledge':
      return { type: 'acknowledge', watch: kind.value.watch, sequence: kind.value.sequence }
    case 'ping':
      return { type: 'ping', number: kind.value.number }
    default:
      throw refusal('PROTOCOL_VIOLATION')
  }
}
