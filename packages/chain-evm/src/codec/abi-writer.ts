import { assertNever } from '@perun-watcher/core'
import type { AbiField, AbiType } from './abi-type.ts'

/** Encodes values as Solidity does: the counterpart of `AbiReader`. */
export interface AbiWriter {
  /**
   * @param values - by the names of the fields
   * @throws TypeError for a value that is not of its type; a mistake of the program, not of its input.
   */
  encode(values: unknown): Uint8Array
}

const wordBytes = 32

/** Made once for all values of a type: every state that is published is encoded, and a general library took twice as long. */
export function abiWriter(fields: readonly AbiField[]): AbiWriter {
  let buffer = Buffer.alloc(4_096)
  let end = 0

  /** Appends zeros, to be written over. @returns where they begin */
  function claim(size: number): number {
    const at = end
    end += size
    if (end > buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(Math.max(buffer.length, size))])
    buffer.fill(0, at, end)
    return at
  }

  function writeHex(text: string, at: number): void {
    if (buffer.write(text, at, 'hex') * 2 !== text.length) throw new TypeError('not hexadecimal')
  }

  function writeSmall(value: number, at: number): void {
    buffer.writeUIntBE(value, at + wordBytes - 6, 6)
  }

  function writeUint(value: unknown, bits: number, at: number): void {
    const number = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
    if (typeof number !== 'bigint' || number < 0n || number >> BigInt(bits) !== 0n) {
      throw new TypeError(`not a number of ${bits} bits`)
    }
    const text = number.toString(16)
    const even = text.length % 2 === 0 ? text : `0${text}`
    writeHex(even, at + wordBytes - even.length / 2)
  }

  function writeFixedHex(value: unknown, size: number, at: number): void {
    const text = digits(value)
    if (text.length !== 2 * size) throw new TypeError(`not ${size} bytes`)
    writeHex(text, at + wordBytes - size)
  }

  /** What stands where the value stands, or, if its size varies, where the offset there leads to. */
  function write(type: AbiType, value: unknown, at: number): void {
    switch (type.kind) {
      case 'uint':
        writeUint(value, type.bits, at)
        break
      case 'bool':
        writeSmall(value === true ? 1 : 0, at)
        break
      case 'address':
        writeFixedHex(value, 20, at)
        break
      case 'word':
        writeFixedHex(value, wordBytes, at)
        break
      case 'bytes':
        writeBytes(digits(value))
        break
      case 'list':
        writeList(type.item, value)
        break
      case 'tuple':
        writeTuple(type.fields, value, type.dynamic ? claim(headBytesOf(type.fields)) : at)
        break
      default:
        assertNever(type)
    }
  }

  /** In a tuple or list whose heads begin at `base`. */
  function writePart(type: AbiType, value: unknown, at: number, base: number): void {
    if (type.dynamic) writeSmall(end - base, at)
    write(type, value, at)
  }

  function writeTuple(parts: readonly AbiField[], value: unknown, base: number): void {
    let at = base
    for (const { name, type } of parts) {
      writePart(type, fieldOf(value, name), at, base)
      at += type.headBytes
    }
  }

  function writeList(item: AbiType, values: unknown): void {
    if (!Array.isArray(values)) throw new TypeError('not a list')
    writeSmall(values.length, claim(wordBytes))
    const base = claim(values.length * item.headBytes)
    for (const [index, value] of values.entries()) writePart(item, value, base + index * item.headBytes, base)
  }

  function writeBytes(text: string): void {
    const size = text.length / 2
    writeSmall(size, claim(wordBytes))
    writeHex(text, claim(Math.ceil(size / wordBytes) * wordBytes))
  }

  return {
    encode(values) {
      end = 0
      writeTuple(fields, values, claim(headBytesOf(fields)))
      // A copy: the next value is written to the same place.
      return new Uint8Array(buffer.subarray(0, end))
    },
  }
}

function headBytesOf(fields: readonly AbiField[]): number {
  return fields.reduce((sum, { type }) => sum + type.headBytes, 0)
}

function digits(value: unknown): string {
  if (typeof value !== 'string' || !value.startsWith('0x')) throw new TypeError('not hexadecimal')
  return value.slice(2)
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) throw new TypeError('not a tuple')
  return Reflect.get(value, name)
}
