import { assertNever } from '@perun-watcher/core/adapter'
import type { AbiField, AbiType } from './abi-type.ts'

/** Encodes values as Solidity does: the counterpart of `AbiReader`. */
export interface AbiWriter {
  /**
   * @param values - by the names of the fields
   * @throws TypeError for a value that is not of its type; a mistake of the program, not of its input.
   */
  encode(values: unknown): Uint8Array
}

/** Writes a value of one type at `at`, or, if its size varies, where the offset at `at` leads to. */
type Write = (value: unknown, at: number) => void

/** The same for a part of a tuple or list, whose heads begin at `base`: the offset is written too. */
type WritePart = (value: unknown, at: number, base: number) => void

const wordBytes = 32

/**
 * Made once for all values of a type, of functions that each know one part of it: every state that is published is
 * encoded, and a general library took several times as long.
 */
export function abiWriter(fields: readonly AbiField[]): AbiWriter {
  let buffer = Buffer.alloc(4_096)
  let view = viewOf(buffer)
  /** How much is claimed; everything behind it is zero. */
  let end = 0

  /** Appends zeros, to be written over. @returns where they begin */
  function claim(size: number): number {
    const at = end
    if (at + size > buffer.length) {
      buffer = Buffer.concat([buffer, Buffer.alloc(Math.max(buffer.length, size))])
      view = viewOf(buffer)
    }
    // Not before there is room: a machine without memory must not break the writer for later.
    end = at + size
    return at
  }

  function writeHex(text: string, at: number): void {
    if (buffer.write(text, at, 'hex') * 2 !== text.length) throw new TypeError('not hexadecimal')
  }

  /** A length or an offset; nothing that is encoded has four gigabytes. */
  function writeSmall(value: number, at: number): void {
    view.setUint32(at + wordBytes - 4, value)
  }

  function compile(type: AbiType): Write {
    switch (type.kind) {
      case 'uint':
        return compileUint(type.bits)
      case 'bool':
        return (value, at) => writeSmall(value === true ? 1 : 0, at)
      case 'address':
        return compileFixedHex(20)
      case 'word':
        return compileFixedHex(wordBytes)
      case 'bytes':
        return (value) => writeBytes(digits(value))
      case 'list':
        return compileList(type.item)
      case 'tuple':
        return compileTuple(type.fields, type.dynamic)
      default:
        return assertNever(type)
    }
  }

  function compilePart(type: AbiType): WritePart {
    const write = compile(type)
    if (!type.dynamic) return write
    return (value, at, base) => {
      writeSmall(end - base, at)
      write(value, at)
    }
  }

  function compileUint(bits: number): Write {
    const limit = 2n ** BigInt(bits)
    return (value, at) => {
      const number = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
      if (typeof number !== 'bigint' || number < 0n || number >= limit)
        throw new TypeError(`not a number of ${bits} bits`)
      // The lowest 64 bits at a time; most numbers have no more.
      let last = at + wordBytes - 8
      for (let rest = number; rest > 0n; rest >>= 64n) {
        view.setBigUint64(last, rest)
        last -= 8
      }
    }
  }

  function compileFixedHex(size: number): Write {
    return (value, at) => {
      const text = digits(value)
      if (text.length !== 2 * size) throw new TypeError(`not ${size} bytes`)
      writeHex(text, at + wordBytes - size)
    }
  }

  function compileTuple(parts: readonly AbiField[], dynamic: boolean): Write {
    const headBytes = parts.reduce((sum, { type }) => sum + type.headBytes, 0)
    const writes = parts.map(({ name, type }) => ({ name, headBytes: type.headBytes, write: compilePart(type) }))
    return (value, at) => {
      if (!isTuple(value)) throw new TypeError('not a tuple')
      const base = dynamic ? claim(headBytes) : at
      let head = base
      for (const { name, headBytes, write } of writes) {
        write(value[name], head, base)
        head += headBytes
      }
    }
  }

  function compileList(item: AbiType): Write {
    const write = compilePart(item)
    return (values) => {
      if (!Array.isArray(values)) throw new TypeError('not a list')
      writeSmall(values.length, claim(wordBytes))
      const base = claim(values.length * item.headBytes)
      let head = base
      for (const value of values) {
        write(value, head, base)
        head += item.headBytes
      }
    }
  }

  function writeBytes(text: string): void {
    const size = text.length / 2
    writeSmall(size, claim(wordBytes))
    if (size > 0) writeHex(text, claim(Math.ceil(size / wordBytes) * wordBytes))
  }

  const writeAll = compileTuple(fields, true)

  return {
    encode(values) {
      // Also what an encoding that failed left behind.
      buffer.fill(0, 0, end)
      end = 0
      writeAll(values, 0)
      // A copy: the next value is written to the same place.
      return new Uint8Array(buffer.subarray(0, end))
    },
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
}

function digits(value: unknown): string {
  if (typeof value !== 'string' || !value.startsWith('0x')) throw new TypeError('not hexadecimal')
  return value.slice(2)
}

function isTuple(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
