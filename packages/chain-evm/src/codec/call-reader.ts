import type { Hex } from '@perun-watcher/core'
import { AbiReader, type DecodeBudget, Undecodable } from './abi-reader.ts'
import type { AbiField, AbiType } from './abi-type.ts'

/** Longest call that is looked at. A contract that made a longer one would pay two billion gas for its memory. */
const maxCallBytes = 32 * 1024 * 1024

/** Memory costs gas: for half a billion a call unfolds its arguments into as much. */
const defaultBudgetBytes = 16 * 1024 * 1024

export function newBudget(bytes: number = defaultBudgetBytes): DecodeBudget {
  return { remaining: bytes }
}

/** Whether a call starts with the selector of a function. */
export function isCallOf(call: Hex, selector: Hex): boolean {
  return call.slice(0, 10).toLowerCase() === selector
}

/** The arguments of a call by name; `undefined` where they cannot be read. Never throws. */
export function readArguments(
  call: Hex,
  fields: readonly AbiField[],
  budget: DecodeBudget,
): Readonly<Record<string, unknown>> | undefined {
  const bytes = argumentBytes(call)
  return bytes && attempt(() => new AbiReader(bytes, budget).tuple(fields, 0))
}

/**
 * Of a call that takes one value and a list of more such values: the first, and as many of the list as those before ask for,
 * in order. What else the list holds is nobody's business, whoever put it there. Ends at the first that cannot be read.
 * `undefined` where the first cannot.
 *
 * @param wanted - how many more a value asks for
 */
export function readOneAndMore(
  call: Hex,
  type: AbiType,
  wanted: (value: unknown) => number,
  budget: DecodeBudget,
): readonly unknown[] | undefined {
  const bytes = argumentBytes(call)
  if (!bytes) return undefined
  const reader = new AbiReader(bytes, budget)
  const first = attempt(() => reader.value(type, 0, 0))
  if (first === undefined) return undefined
  return [first, ...(attempt(() => moreItems(reader, type, wanted(first), wanted)) ?? [])]
}

function moreItems(
  reader: AbiReader,
  type: AbiType,
  first: number,
  wanted: (value: unknown) => number,
): readonly unknown[] {
  const start = reader.target(32, 0)
  const [length, base] = [reader.length(start), start + 32]
  // A call may name the same bytes again and again: they are read once.
  const known = new Map<number, unknown>()
  const values: unknown[] = []
  for (let index = 0, missing = first; index < length && missing > 0; index++) {
    const head = base + index * type.headBytes
    const at = reader.target(head, base)
    const value = known.has(at) ? known.get(at) : attempt(() => reader.value(type, head, base))
    if (value === undefined) break
    known.set(at, value)
    values.push(value)
    missing += wanted(value) - 1
  }
  return values
}

function argumentBytes(call: Hex): Buffer | undefined {
  if (call.length % 2 !== 0 || call.length < 10 || call.length > 2 + 2 * maxCallBytes) return undefined
  const bytes = Buffer.from(call.slice(10), 'hex')
  // Buffer stops silently at the first character that is no digit.
  return bytes.length === (call.length - 10) / 2 ? bytes : undefined
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Undecodable) return undefined
    throw error
  }
}
