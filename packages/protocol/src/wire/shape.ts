import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { wireLimits } from './limits.ts'
import { violation } from './violation.ts'

/** Longest variable-length number of 32 bits. */
const varintBytes = 5

/** What the bytes of a field must look like. */
interface FieldShape {
  readonly number: number
  readonly name: string
  /** Of the message in it, if it holds one. */
  readonly part: MessageShape | undefined
  readonly isList: boolean
  readonly isNumber: boolean
  /** Several numbers may stand in one field. */
  readonly isPacked: boolean
}

interface MessageShape {
  readonly name: string
  readonly fields: ReadonlyMap<number, FieldShape>
}

const shapes = new WeakMap<DescMessage, MessageShape>()

function shapeOf(schema: DescMessage): MessageShape {
  const known = shapes.get(schema)
  if (known !== undefined) return known
  const shape = {
    name: schema.name,
    fields: new Map(schema.fields.map((field) => [field.number, fieldShapeOf(field)])),
  }
  shapes.set(schema, shape)
  return shape
}

function fieldShapeOf(field: DescField): FieldShape {
  const { number, name, message, scalar } = field
  const isList = field.fieldKind === 'list'
  return {
    number,
    name,
    part: message === undefined ? undefined : shapeOf(message),
    isList,
    isNumber: message === undefined && scalar !== ScalarType.BYTES && scalar !== ScalarType.STRING,
    isPacked: isList && field.packed,
  }
}

/**
 * Walks through a message before anything is built from it: two bytes can stand for an empty part that takes a hundred
 * times as much memory. Counts fields and list entries, lets no part reach beyond the message that holds it, and refuses
 * what the reader behind it would read in another way: groups, and fields of another type than the schema's.
 *
 * @throws WatcherError `PROTOCOL_VIOLATION`, or a plain error of the reader.
 */
export function checkShape(schema: DescMessage, bytes: Uint8Array): void {
  const reader = new BinaryReader(bytes)
  let fields = 0

  function checkContent(field: FieldShape, wireType: WireType, end: number): void {
    if (wireType === WireType.Varint && field.isNumber) {
      reader.skip(wireType)
      return
    }
    if (wireType !== WireType.LengthDelimited || (field.isNumber && !field.isPacked)) {
      throw violation(`${field.name} is of another type`)
    }
    const length = reader.uint32()
    const contentEnd = reader.pos + length
    if (contentEnd > end) throw violation(`${field.name} is longer than the message around it`)
    if (field.part !== undefined) checkMessage(field.part, contentEnd)
    else if (field.isPacked && length > wireLimits.listLength * varintBytes) throw tooLong(field)
    reader.pos = contentEnd
  }

  function checkField(message: MessageShape, lengths: Map<number, number>, end: number): void {
    const [number, wireType] = reader.tag()
    fields += 1
    if (fields > wireLimits.fields) throw violation(`A message must have at most ${wireLimits.fields} fields`)
    if (wireType === WireType.StartGroup || wireType === WireType.EndGroup) throw violation('Groups are not used')
    const field = message.fields.get(number)
    if (field?.isList) countEntry(lengths, field)
    if (field === undefined) reader.skip(wireType)
    else checkContent(field, wireType, end)
    if (reader.pos > end) throw violation(`${message.name} is cut off`)
  }

  function checkMessage(message: MessageShape, end: number): void {
    const lengths = new Map<number, number>()
    while (reader.pos < end) checkField(message, lengths, end)
  }

  checkMessage(shapeOf(schema), bytes.length)
}

function countEntry(lengths: Map<number, number>, field: FieldShape): void {
  const length = (lengths.get(field.number) ?? 0) + 1
  if (length > wireLimits.listLength) throw tooLong(field)
  lengths.set(field.number, length)
}

const tooLong = ({ name }: FieldShape): Error => violation(`${name} must be a list of at most ${wireLimits.listLength}`)
