import type { Hex } from '@perun-watcher/core'

/** Appends values to a growing buffer. Nothing is tagged: the reader has to know what was written. */
export interface ByteWriter {
  /** An integer from 0 to 2^53-1 as a varint: seven bits per byte. */
  uint(value: number): void
  /** A non-negative integer: its length in bytes, then the bytes. */
  bigint(value: bigint): void
  /** A signed integer. */
  signed(value: bigint): void
  flag(value: boolean): void
  /** Hexadecimal text of a length that the reader knows. */
  fixedHex(value: Hex): void
  hex(value: Hex): void
  text(value: string): void
  list<T>(values: readonly T[], write: (value: T) => void): void
  optional<T>(value: T | undefined, write: (value: T) => void): void
  /** What was written since the last reset; valid until the next one. */
  written(): Buffer
  reset(): void
}

/** Below this, numbers fit into the 48 bits that Buffer reads and writes exactly. */
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
