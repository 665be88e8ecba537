import { create, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'

/** A message that is being read. Fields not read yet are inherited from the plan's {@link MessagePlan.zero}. */
export type Draft = Record<string, unknown>

/** How a field is read; derived from the schema once. */
export interface FieldPlan {
  /** As in the schema. */
  readonly name: string
  /** The property of a draft, or of its oneof, that holds the value. */
  readonly key: string
  /** The property of a draft that holds the field's oneof, if it belongs to one. */
  readonly oneof: string | undefined
  /** Its index among the lists of its message. */
  readonly list: number | undefined
  /** Several numbers may be packed into one field. */
  readonly isPacked: boolean
  readonly isNumber: boolean
  /** The type of one value, unless it is a message. */
  readonly scalar: ScalarType
  /** The plan of the message in it, if it holds one. */
  readonly part: MessagePlan | undefined
}

export interface MessagePlan {
  /** As in the schema. */
  readonly name: string
  /** By field number. */
  readonly fields: readonly (FieldPlan | undefined)[]
  readonly lists: number
  /** The message without any field. */
  readonly zero: Draft
}

/** Shared by all empty lists, so never to be added to. */
export const noEntries: readonly unknown[] = Object.freeze([])

const plans = new WeakMap<DescMessage, MessagePlan>()

export function planOf(schema: DescMessage): MessagePlan {
  const known = plans.get(schema)
  if (known !== undefined) return known
  const lists = schema.fields.filter(({ fieldKind }) => fieldKind === 'list')
  const fields = new Map(schema.fields.map((field) => [field.number, fieldPlanOf(field, lists.indexOf(field))]))
  const plan = {
    name: schema.name,
    fields: Array.from({ length: Math.max(0, ...fields.keys()) + 1 }, (_, number) => fields.get(number)),
    lists: lists.length,
    zero: Object.fromEntries(Object.entries(create(schema)).map(([key, value]) => [key, zeroOf(value)])),
  }
  plans.set(schema, plan)
  return plan
}

function fieldPlanOf(field: DescField, list: number): FieldPlan {
  const { name, localName, oneof, message, scalar = ScalarType.INT32 } = field
  return {
    name,
    key: localName,
    oneof: oneof?.localName,
    list: list === -1 ? undefined : list,
    isPacked: field.fieldKind === 'list' && field.packed,
    isNumber: message === undefined && scalar !== ScalarType.BYTES && scalar !== ScalarType.STRING,
    scalar,
    part: message === undefined ? undefined : planOf(message),
  }
}

function zeroOf(value: unknown): unknown {
  if (Array.isArray(value)) return noEntries
  return value instanceof Uint8Array ? '0x' : value
}
