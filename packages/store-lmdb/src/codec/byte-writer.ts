import type { Hex } from '@perun-watcher/core'

/** Appends values to a buffer that grows. Whoever reads has to know what was written: nothing is tagged. */
export interface ByteWriter {
  /** A whole number from 0 to 2^53-1 in as many bytes as it needs, seven bits each. */
  uint(value: number): void
  /** A number that is not negative: its length in bytes, then the bytes. */
  bigint(value: bigint): void
  /** A number of either sign. */
  signed(value: bigint): void
  flag(value: boolean): void
  /** Hexadecimal text of a length that the reader knows. */
  fixedHex(value: Hex): void
  hex(value: Hex): void
  text(value: string): void
  list<T>(values: readonly T[], write: (value: T) => void): void
  optional<T>(value: T | undefined, write: (value: T) => void): void
  /** What was written since the last reset; good until the next one. */
  written(): Buffer
  reset(): void
}

/** Numbers below this have exact 48-bit arithmetic in JavaScript's own numbers. */
const smallLimit = 2n ** 48n

export function byteWriter(): ByteWriter {
  let buffer = Buffer.allocUnsafe(4_096)
  let at = 0

  function reserve(size: number): void {
    if (at + size <= buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(buffer.length * 2, at + size))
    buffer.copy(grown, 0, 0, at)
    buffer = grown
  }

  const writer: ByteWriter = {
    uint(value) {
      if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a count: ${value}`)
      reserve(8)
      let rest = value
      while (rest >= 0x80) {
        buffer[at++] = (rest % 0x80) | 0x80
        rest = Math.floor(rest / 0x80)
      }
      buffer[at++] = rest
    },
    bigint(value) {
      if (value < 0n) throw new RangeError(`negative: ${value}`)
      if (value < smallLimit) {
        const number = Number(value)
        const size = byteLength(number)
        reserve(7)
        buffer[at++] = size
        if (size > 0) at = buffer.writeUIntBE(number, at, size)
        return
      }
      const digits = value.toString(16)
      const size = (digits.length + 1) >> 1
      if (size > 0xff) throw new RangeError(`too large a number: ${size} bytes`)
      reserve(size + 1)
      buffer[at++] = size
      at += buffer.write(digits.padStart(size * 2, '0'), at, 'hex')
    },
    signed(value) {
      writer.bigint(value < 0n ? -2n * value - 1n : 2n * value)
    },
    flag(value) {
      reserve(1)
      buffer[at++] = value ? 1 : 0
    },
    fixedHex(value) {
      reserve((value.length - 2) >> 1)
      at += buffer.write(value.slice(2), at, 'hex')
    },
    hex(value) {
      writer.uint((value.length - 2) >> 1)
      writer.fixedHex(value)
    },
    text(value) {
      const size = Buffer.byteLength(value)
      writer.uint(size)
      reserve(size)
      at += buffer.write(value, at)
    },
    list(values, write) {
      writer.uint(values.length)
      for (const value of values) write(value)
    },
    optional(value, write) {
      writer.flag(value !== undefined)
      if (value !== undefined) write(value)
    },
    written: () => buffer.subarray(0, at),
    reset() {
      at = 0
    },
  }
  return writer
}

function byteLength(value: number): number {
  let size = 0
  for (let rest = value; rest >= 1; rest /= 0x100) size++
  return size
}
