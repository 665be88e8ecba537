import type { Hex } from '@perun-watcher/core'
import { AbiReader, type DecodeBudget, Undecodable } from './abi-reader.ts'
import type { AbiField, AbiType } from './abi-type.ts'

/** Longest call that is looked at. A longer one costs more gas than a block of any known chain has. */
const maxCallBytes = 4 * 1024 * 1024

/** Memory costs gas: no contract call of today unfolds its arguments into more. */
const defaultBudgetBytes = 4 * 1024 * 1024

const maxListItems = 1024

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
 * The arguments of a call that takes one value and a list of more such values, all in one list. Leaves out what cannot be
 * read, and items that share their bytes with an earlier one. `undefined` where the first value cannot be read.
 */
export function readOneAndMore(call: Hex, type: AbiType, budget: DecodeBudget): readonly unknown[] | undefined {
  const bytes = argumentBytes(call)
  if (!bytes) return undefined
  const reader = new AbiReader(bytes, budget)
  const first = attempt(() => reader.value(type, 0, 0))
  if (first === undefined) return undefined
  return [first, ...(attempt(() => moreItems(reader, type)) ?? [])]
}

function moreItems(reader: AbiReader, type: AbiType): readonly unknown[] {
  const start = reader.target(32, 0)
  const length = Math.min(reader.length(start), maxListItems)
  const base = start + 32
  const seen = new Set<number>()
  const values: unknown[] = []
  for (let index = 0; index < length; index++) {
    const head = base + index * type.headBytes
    const value = attempt(() => {
      const at = reader.target(head, base)
      if (seen.has(at)) return undefined
      seen.add(at)
      return reader.value(type, head, base)
    })
    if (value !== undefined) values.push(value)
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
