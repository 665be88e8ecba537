import { assertNever } from '@perun-watcher/core/adapter'
import type { AbiField, AbiType } from './abi-type.ts'

/**
 * How much may still be decoded, in bytes of result. Encodings can refer to the same bytes again and again, so that a
 * few kilobytes unfold into gigabytes; this bounds the unfolding, whatever the input. Shared by all that is decoded for
 * one purpose.
 */
export interface DecodeBudget {
  remaining: number
}

/** The bytes do not encode what was asked for, or unfold into more than the budget allows. */
export class Undecodable extends Error {}

/**
 * Reads values that somebody else encoded, as strictly as Solidity reads its arguments: stray bits in a number, an
 * address or a flag are refused, and so is everything that points outside. Like Solidity it lets encodings be odd: in
 * any order, shared, followed by anything.
 */
export class AbiReader {
  readonly #bytes: Buffer
  readonly #budget: DecodeBudget

  constructor(bytes: Buffer, budget: DecodeBudget) {
    this.#bytes = bytes
    this.#budget = budget
  }

  /** The arguments whose heads start at `base`, by name. @throws Undecodable */
  tuple(fields: readonly AbiField[], base: number): Readonly<Record<string, unknown>> {
    const entries: [string, unknown][] = []
    let head = base
    for (const { name, type } of fields) {
      entries.push([name, this.value(type, head, base)])
      head += type.headBytes
    }
    return Object.fromEntries(entries)
  }

  /** The value whose head is at `head`, in a tuple or list whose heads start at `base`. @throws Undecodable */
  value(type: AbiType, head: number, base: number): unknown {
    const at = type.dynamic ? this.target(head, base) : head
    switch (type.kind) {
      case 'uint':
        return this.#uint(at, type.bits)
      case 'address':
        this.#expectZeros(at, 12)
        return this.#hex(at + 12, 20)
      case 'bool':
        return this.#uint(at, 1) === 1n
      case 'word':
        return this.#hex(at, 32)
      case 'bytes':
        return this.#hex(at + 32, this.length(at))
      case 'list':
        return this.#list(type.item, at)
      case 'tuple':
        this.#spend(32)
        return this.tuple(type.fields, at)
      default:
        return assertNever(type)
    }
  }

  /** Where the offset at `head` points to. @throws Undecodable */
  target(head: number, base: number): number {
    return base + this.length(head)
  }

  /** A length or an offset; never larger than the input. @throws Undecodable */
  length(at: number): number {
    const length = this.#uint(at, 48)
    if (length > BigInt(this.#bytes.length)) throw new Undecodable('out of bounds')
    return Number(length)
  }

  #list(item: AbiType, at: number): readonly unknown[] {
    const length = this.length(at)
    const base = at + 32
    const values: unknown[] = []
    for (let index = 0; index < length; index++) {
      values.push(this.value(item, base + index * item.headBytes, base))
    }
    return values
  }

  #uint(at: number, bits: number): bigint {
    this.#take(at, 32)
    const value = this.#isZero(at, 24)
      ? this.#bytes.readBigUInt64BE(at + 24)
      : BigInt(`0x${this.#bytes.toString('hex', at, at + 32)}`)
    if (bits < 256 && value >> BigInt(bits) !== 0n) throw new Undecodable('number out of range')
    return value
  }

  #hex(at: number, length: number): string {
    this.#take(at, length)
    return `0x${this.#bytes.toString('hex', at, at + length)}`
  }

  #expectZeros(at: number, length: number): void {
    this.#take(at, length)
    if (!this.#isZero(at, length)) throw new Undecodable('stray bits')
  }

  #isZero(at: number, length: number): boolean {
    for (let index = at; index < at + length; index++) {
      if (this.#bytes[index] !== 0) return false
    }
    return true
  }

  /** Claims bytes of the input for the result. */
  #take(at: number, length: number): void {
    if (at + length > this.#bytes.length) throw new Undecodable('out of bounds')
    this.#spend(length)
  }

  #spend(bytes: number): void {
    this.#budget.remaining -= bytes
    if (this.#budget.remaining < 0) throw new Undecodable('too much')
  }
}
