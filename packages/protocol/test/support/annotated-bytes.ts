import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'

const perLine = 24

/**
 * A message as docs/wire.md shows it: bytes in hexadecimal, and behind a semicolon what they are. Whoever drops everything
 * from the semicolons on has the message.
 */
export function annotated(schema: DescMessage, bytes: Uint8Array): string {
  return message(schema, bytes, 0).join('\n')
}

function message(schema: DescMessage, bytes: Uint8Array, depth: number): readonly string[] {
  const reader = new BinaryReader(bytes)
  const lines: string[] = []
  while (reader.pos < bytes.length) {
    const start = reader.pos
    const [number, type] = reader.tag()
    const field = schema.fields.find((each) => each.number === number)
    if (field === undefined) throw new Error(`${schema.name} has no field ${number}`)
    lines.push(...fieldLines({ field, type, reader, bytes, start, depth }))
  }
  return lines
}

interface FieldPosition {
  readonly field: DescField
  readonly type: WireType
  readonly reader: BinaryReader
  readonly bytes: Uint8Array
  readonly start: number
  readonly depth: number
}

function fieldLines({ field, type, reader, bytes, start, depth }: FieldPosition): readonly string[] {
  const label = `${field.name} (${field.number})`
  if (type !== WireType.LengthDelimited) {
    const value = scalarOf(field, reader)
    return hexLines(bytes.subarray(start, reader.pos), `${label}: ${value}`, depth)
  }
  const length = reader.uint32()
  const begin = reader.pos
  const content = bytes.subarray(begin, begin + length)
  reader.pos = begin + length
  const header = bytes.subarray(start, begin)
  if (field.message !== undefined) {
    const what = `${label}: ${field.message.name}, ${length} bytes`
    return [...hexLines(header, what, depth), ...message(field.message, content, depth + 1)]
  }
  return hexLines(bytes.subarray(start, reader.pos), `${label}${shown(field, content)}`, depth)
}

function scalarOf(field: DescField, reader: BinaryReader): string {
  if (field.enum !== undefined) return String(reader.int32())
  switch (field.scalar) {
    case ScalarType.SINT64:
      return String(reader.sint64())
    case ScalarType.BOOL:
      return String(reader.bool())
    default:
      return String(reader.uint64())
  }
}

function shown(field: DescField, content: Uint8Array): string {
  if (field.scalar === ScalarType.STRING) return `: "${Buffer.from(content).toString()}"`
  if (field.scalar === ScalarType.BYTES) return `: ${content.length} bytes`
  return `: [${[...content].join(', ')}]`
}

function hexLines(bytes: Uint8Array, text: string, depth: number): readonly string[] {
  const hex = Buffer.from(bytes).toString('hex').match(/../g) ?? []
  const rows = Array.from({ length: Math.ceil(hex.length / perLine) }, (_, row) =>
    hex.slice(row * perLine, (row + 1) * perLine).join(' '),
  )
  const [first = '', ...rest] = rows
  return [`${first.padEnd(perLine * 3 - 1)} ; ${'  '.repeat(depth)}${text}`, ...rest]
}
