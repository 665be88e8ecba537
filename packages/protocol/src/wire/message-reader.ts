import { type DescMessage, type MessageShape, ScalarType } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import type { Hex } from '@perun-watcher/core'
import { type Draft, type FieldPlan, type MessagePlan, noEntries, planOf } from './message-plan.ts'
import { violation } from './violation.ts'
import { wireLimits } from './wire-limits.ts'

/** Longest varint of 32 bits. */
const varintBytes = 5

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A message as it is read: bytes are hexadecimal text, as everywhere in core. */
export type Received<Value> = Value extends Uint8Array
  ? Hex
  : Value extends readonly (infer Item)[]
    ? readonly Received<Item>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: Received<Value[Key]> }
      : Value

/** The bytes of a message, and how far they have been read. */
interface Input {
  readonly bytes: Buffer
  readonly reader: BinaryReader
  /** Fields so far, those of parts included. */
  fields: number
}

/**
 * Reads and checks a message in one pass, so that nothing can be read differently from how it was checked. The message is
 * not trusted: two bytes can encode an empty part that takes a hundred times as much memory. So fields and list entries are
 * counted before anything is built from them, no part may reach beyond the message around it, and groups and fields of
 * another type than the schema's are refused. Fields of later versions are skipped and repeated singular fields are merged,
 * as Protocol Buffers prescribe. The result does not refer to `bytes`.
 *
 * @throws WatcherError `PROTOCOL_VIOLATION`, or a plain error of the reader.
 */
export function readMessage<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): Received<MessageShape<Desc>> {
  const plan = planOf(schema)
  const draft = draftOf(plan)
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  readFields({ bytes: buffer, reader: new BinaryReader(buffer), fields: 0 }, plan, draft, buffer.length)
  if (!isComplete(draft, schema)) throw new TypeError(`The draft is no ${schema.typeName}`)
  return draft
}

const draftOf = ({ zero }: MessagePlan): Draft => Object.create(zero)

/** A draft has every field of the schema: its own or the inherited one. */
const isComplete = <Desc extends DescMessage>(draft: Draft, schema: Desc): draft is Received<MessageShape<Desc>> =>
  draft['$typeName'] === schema.typeName

function readFields(input: Input, plan: MessagePlan, draft: Draft, end: number): void {
  const { reader } = input
  let lengths: number[] | undefined
  while (reader.pos < end) {
    const tag = readTag(input)
    const wireType = tag & 7
    const field = plan.fields[tag >>> 3]
    if (field?.list !== undefined) {
      lengths ??= new Array<number>(plan.lists).fill(0)
      countEntry(lengths, field, field.list)
    }
    if (field === undefined) reader.skip(wireType)
    else readField(input, field, wireType, draft, end)
    if (reader.pos > end) throw violation(`${plan.name} is cut off`)
  }
}

function readTag(input: Input): number {
  const { bytes, reader } = input
  let tag = bytes[reader.pos] ?? 0
  if (tag > 7 && tag < 128) {
    reader.pos += 1
  } else {
    const [number, wireType] = reader.tag()
    tag = number * 8 + wireType
  }
  input.fields += 1
  if (input.fields > wireLimits.fields) throw violation(`A message must have at most ${wireLimits.fields} fields`)
  const wireType = tag & 7
  if (wireType === WireType.StartGroup || wireType === WireType.EndGroup) throw violation('Groups are not used')
  return tag
}

function countEntry(lengths: number[], field: FieldPlan, list: number): void {
  const length = (lengths[list] ?? 0) + 1
  if (length > wireLimits.listLength) throw tooLong(field)
  lengths[list] = length
}

const tooLong = ({ name }: FieldPlan): Error => violation(`${name} must be a list of at most ${wireLimits.listLength}`)

function readField(input: Input, field: FieldPlan, wireType: WireType, draft: Draft, end: number): void {
  const { reader } = input
  if (wireType === WireType.Varint && field.isNumber) {
    put(draft, field, readNumber(input, field))
    return
  }
  if (wireType !== WireType.LengthDelimited || (field.isNumber && !field.isPacked)) {
    throw violation(`${field.name} is of another type`)
  }
  const length = readUint32(input)
  const contentEnd = reader.pos + length
  if (contentEnd > end) throw violation(`${field.name} is longer than the message around it`)
  if (field.part !== undefined) {
    readFields(input, field.part, partOf(draft, field, field.part), contentEnd)
  } else if (field.isNumber) {
    readPacked(input, field, draft, contentEnd)
  } else {
    put(draft, field, textOf(input.bytes, field, reader.pos, contentEnd))
    reader.pos = contentEnd
  }
}

function readPacked(input: Input, field: FieldPlan, draft: Draft, end: number): void {
  const { reader } = input
  if (end - reader.pos > wireLimits.listLength * varintBytes) throw tooLong(field)
  while (reader.pos < end) put(draft, field, readNumber(input, field))
  if (reader.pos > end) throw violation(`${field.name} is cut off`)
}

function textOf(bytes: Buffer, { scalar }: FieldPlan, start: number, end: number): string {
  return scalar === ScalarType.STRING
    ? utf8.decode(bytes.subarray(start, end))
    : `0x${bytes.toString('hex', start, end)}`
}

function readNumber(input: Input, { name, scalar }: FieldPlan): unknown {
  const { reader } = input
  switch (scalar) {
    case ScalarType.UINT32:
      return readUint32(input)
    case ScalarType.INT32:
      return reader.int32()
    case ScalarType.UINT64:
      return reader.uint64()
    case ScalarType.SINT64:
      return reader.sint64()
    case ScalarType.BOOL:
      return reader.bool()
    default:
      throw new TypeError(`${name} is of a type that this reader does not know`)
  }
}

/** Fast path: nearly all are one byte long. */
function readUint32({ bytes, reader }: Input): number {
  const first = bytes[reader.pos]
  if (first === undefined || first >= 128) return reader.uint32()
  reader.pos += 1
  return first
}

function put(draft: Draft, { key, oneof, list }: FieldPlan, value: unknown): void {
  if (list !== undefined) addTo(draft, key, value)
  else if (oneof !== undefined) draft[oneof] = { case: key, value }
  else draft[key] = value
}

function addTo(draft: Draft, key: string, value: unknown): void {
  const list = draft[key]
  if (list === noEntries || !Array.isArray(list)) draft[key] = [value]
  else list.push(value)
}

/** The draft that a part is read into: the earlier one if the part occurs twice. */
function partOf(draft: Draft, field: FieldPlan, plan: MessagePlan): Draft {
  const before = field.oneof === undefined ? draft[field.key] : chosen(draft[field.oneof], field.key)
  if (field.list === undefined && isDraft(before)) return before
  const part = draftOf(plan)
  put(draft, field, part)
  return part
}

const chosen = (oneof: unknown, key: string): unknown =>
  isDraft(oneof) && oneof['case'] === key ? oneof['value'] : undefined

const isDraft = (value: unknown): value is Draft => typeof value === 'object' && value !== null
