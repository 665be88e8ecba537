import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { wireLimits } from './limits.ts'
import { violation } from './violation.ts'

/** Longest variable-length number. */
const varintBytes = 5

type FieldsByNumber = ReadonlyMap<number, DescField>

const fieldsOf = new WeakMap<DescMessage, FieldsByNumber>()

function fieldsByNumber(schema: DescMessage): FieldsByNumber {
  const known = fieldsOf.get(schema)
  if (known !== undefined) return known
  const fields = new Map(schema.fields.map((field) => [field.number, field]))
  fieldsOf.set(schema, fields)
  return fields
}

/** Which message a field holds, if it holds one. */
const messageIn = (field: DescField): DescMessage | undefined =>
  field.fieldKind === 'message' || (field.fieldKind === 'list' && field.listKind === 'message')
    ? field.message
    : undefined

/**
 * Walks through a message before anything is built from it: two bytes can stand for an empty part that takes a hundred
 * times as much memory. Counts fields and list entries, refuses groups (which nest without end), and lets no part reach
 * beyond the message that holds it.
 *
 * @throws WatcherError `PROTOCOL_VIOLATION`, or a plain error of the reader.
 */
export function checkShape(schema: DescMessage, bytes: Uint8Array): void {
  const reader = new BinaryReader(bytes)
  let fields = 0

  function checkField(field: DescField, wireType: WireType, end: number): void {
    if (wireType !== WireType.LengthDelimited) {
      reader.skip(wireType)
      return
    }
    const length = reader.uint32()
    const partEnd = reader.pos + length
    if (partEnd > end) throw violation(`${field.name} is longer than the message around it`)
    const part = messageIn(field)
    if (part !== undefined) checkMessage(part, partEnd)
    else if (field.fieldKind === 'list' && field.packed && length > wireLimits.listLength * varintBytes) {
      throw violation(`${field.name} must be a list of at most ${wireLimits.listLength}`)
    }
    reader.pos = partEnd
  }

  function checkMessage(message: DescMessage, end: number): void {
    const known = fieldsByNumber(message)
    const lengths = new Map<number, number>()
    while (reader.pos < end) {
      const [number, wireType] = reader.tag()
      fields += 1
      if (fields > wireLimits.fields) throw violation(`A message must have at most ${wireLimits.fields} fields`)
      if (wireType === WireType.StartGroup || wireType === WireType.EndGroup) throw violation('Groups are not used')
      const field = known.get(number)
      if (field === undefined) reader.skip(wireType)
      else {
        if (field.fieldKind === 'list') countEntry(lengths, field)
        checkField(field, wireType, end)
      }
      if (reader.pos > end) throw violation(`${message.name} is cut off`)
    }
  }

  checkMessage(schema, bytes.length)
}

function countEntry(lengths: Map<number, number>, { number, name }: DescField): void {
  const length = (lengths.get(number) ?? 0) + 1
  if (length > wireLimits.listLength) throw violation(`${name} must be a list of at most ${wireLimits.listLength}`)
  lengths.set(number, length)
}
