import type { DescMessage } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'

/** A field as it stands in the bytes. */
interface Field {
  readonly number: number
  readonly wireType: number
  /** Its bytes behind the tag, without a length; or the fields of the message in it. */
  readonly content: readonly number[] | Message
  /** So many bytes more than needed for its tag, its length and its number. */
  readonly excess?: readonly [number, number, number]
}

/** To be changed at will. */
interface Message {
  fields: Field[]
}

const isMessage = (content: Field['content']): content is Message => 'fields' in content

function fieldsOf(schema: DescMessage, bytes: Uint8Array): Message {
  const reader = new BinaryReader(bytes)
  const fields: Field[] = []
  while (reader.pos < bytes.length) {
    const [number, wireType] = reader.tag()
    const part = schema.fields.find((field) => field.number === number)?.message
    const data = reader.skip(wireType)
    const content = wireType === WireType.LengthDelimited ? new BinaryReader(data).bytes() : data
    fields.push({ number, wireType, content: part === undefined ? [...content] : fieldsOf(part, content) })
  }
  return { fields }
}

/** With `excess` bytes that say nothing. */
function stretched(varint: readonly number[], excess: number): number[] {
  if (excess === 0) return [...varint]
  const more = Array.from({ length: excess - 1 }, () => 0x80)
  return [...varint.slice(0, -1), (varint.at(-1) ?? 0) | 0x80, ...more, 0]
}

const varint = (value: bigint): number[] =>
  value < 128n ? [Number(value)] : [Number(value % 128n) + 128, ...varint(value / 128n)]

function bytesOf({ fields }: Message): number[] {
  return fields.flatMap(({ number, wireType, content, excess = [0, 0, 0] }) => {
    const tag = stretched(varint(BigInt(number * 8 + wireType)), excess[0])
    const inner = isMessage(content) ? bytesOf(content) : content
    if (wireType === WireType.LengthDelimited)
      return [...tag, ...stretched(varint(BigInt(inner.length)), excess[1]), ...inner]
    return [...tag, ...(wireType === WireType.Varint ? stretched(inner, excess[2]) : inner)]
  })
}

/** This message and all parts in it. */
function messagesIn(message: Message): Message[] {
  return [message, ...message.fields.flatMap(({ content }) => (isMessage(content) ? messagesIn(content) : []))]
}

const excess = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat({ max: 3 }) },
  fc.nat({ max: 11 }),
)

/** Known and unknown numbers, right and wrong types. */
const field: fc.Arbitrary<Field> = fc.record({
  number: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constantFrom(15, 16, 1000, 2 ** 29 - 1)),
  wireType: fc.oneof(fc.constantFrom(WireType.Varint, WireType.LengthDelimited), fc.nat({ max: 7 })),
  content: fc.oneof(
    fc.array(fc.nat({ max: 127 }), { maxLength: 12 }),
    fc.array(fc.nat({ max: 255 }), { maxLength: 40 }),
  ),
  excess: fc.tuple(excess, excess, excess),
})

/** One change of the fields of a message, at a place and perhaps with another place or with a new field. */
type Change = (fields: readonly Field[], at: number, other: number, fresh: Field) => Field[]

const putIn = (fields: readonly Field[], at: number, ...more: readonly Field[]): Field[] => [
  ...fields.slice(0, at),
  ...more,
  ...fields.slice(at),
]

const without = (fields: readonly Field[], at: number): Field[] => fields.filter((_, index) => index !== at)

const changes: Readonly<Record<string, Change>> = {
  insert: (fields, at, _, fresh) => putIn(fields, at, fresh),
  remove: (fields, at) => without(fields, at),
  replace: (fields, at, _, fresh) => fields.map((old, index) => (index === at ? fresh : old)),
  renumber: (fields, at, _, { number }) => fields.map((old, index) => (index === at ? { ...old, number } : old)),
  retype: (fields, at, _, { wireType }) => fields.map((old, index) => (index === at ? { ...old, wireType } : old)),
  refill: (fields, at, _, { content }) => fields.map((old, index) => (index === at ? { ...old, content } : old)),
  stretch: (fields, at, _, fresh) =>
    fields.map((old, index) => (index === at && fresh.excess !== undefined ? { ...old, excess: fresh.excess } : old)),
  double: (fields, at, other) => putIn(fields, other, ...fields.slice(at, at + 1)),
  move: (fields, at, other) => putIn(without(fields, at), other, ...fields.slice(at, at + 1)),
  doubleAll: (fields) => [...fields, ...fields],
}

/** Bytes of a message whose fields were changed, with lengths that are right again. */
export function rearranged(schema: DescMessage, bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.constantFrom(...Object.values(changes)), fc.nat(), fc.nat(), fc.nat(), field)
  return fc.tuple(bytes, fc.array(change, { minLength: 1, maxLength: 4 })).map(([original, steps]) => {
    const message = fieldsOf(schema, original)
    for (const [apply, where, at, other, fresh] of steps) {
      const messages = messagesIn(message)
      const target = messages[where % messages.length] ?? message
      const places = Math.max(1, target.fields.length)
      target.fields = apply(target.fields, at % places, other % (places + 1), fresh)
    }
    return Uint8Array.from(bytesOf(message))
  })
}

/** Bytes of which some were changed, cut out or put in. */
export function damaged(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(), fc.nat({ max: 8 }), fc.uint8Array({ maxLength: 8 }))
  const flip = fc.tuple(fc.nat(), fc.constantFrom(1, 2, 4, 8, 16, 32, 64, 128))
  return fc
    .tuple(bytes, fc.array(flip, { maxLength: 3 }), fc.array(change, { maxLength: 2 }))
    .map(([original, flips, splices]) => {
      const copy = [...original]
      for (const [at, bit] of flips) if (copy.length > 0) copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ bit
      for (const [at, cut, more] of splices) copy.splice(at % (copy.length + 1), cut, ...more)
      return Uint8Array.from(copy)
    })
}
