import type { Hex } from '@perun-watcher/core'

/** Reads what a `ByteWriter` wrote. Every call throws a `RangeError` rather than read past the end. */
export interface ByteReader {
  uint(): number
  bigint(): bigint
  signed(): bigint
  flag(): boolean
  fixedHex(size: number): Hex
  hex(): Hex
  text(): string
  list<T>(read: () => T): readonly T[]
  optional<T>(read: () => T): T | undefined
  /** @throws RangeError unless everything was read */
  end(): void
  /** Starts over with other bytes. */
  reset(bytes: Buffer, start: number, end: number): void
}

/** One array for all empty lists: of a million channels most lock nothing. */
const nothing: readonly never[] = []

export function byteReader(): ByteReader {
  let buffer: Buffer = Buffer.alloc(0)
  let at = 0
  let end = 0

  function take(size: number): number {
    const from = at
    if (size > end - at) throw new RangeError(`${size} bytes wanted at ${from}, ${end - from} are left`)
    at += size
    return from
  }

  const byte = (): number => buffer[take(1)] ?? 0

  const reader: ByteReader = {
    uint() {
      const first = byte()
      if (first < 0x80) return first
      let value = first & 0x7f
      let scale = 0x80
      for (;;) {
        const next = byte()
        value += (next & 0x7f) * scale
        if (!Number.isSafeInteger(value)) throw new RangeError('a count that is too large')
        if (next < 0x80) return value
        scale *= 0x80
      }
    },
    bigint() {
      const size = byte()
      const from = take(size)
      if (size === 0) return 0n
      if (size <= 6) return BigInt(buffer.readUIntBE(from, size))
      return BigInt(`0x${buffer.toString('hex', from, at)}`)
    },
    signed() {
      const folded = reader.bigint()
      return folded % 2n === 0n ? folded / 2n : -(folded + 1n) / 2n
    },
    flag() {
      const value = byte()
      if (value > 1) throw new RangeError(`${value} is neither yes nor no`)
      return value === 1
    },
    fixedHex(size) {
      const from = take(size)
      return `0x${buffer.toString('hex', from, at)}`
    },
    hex: () => reader.fixedHex(reader.uint()),
    text() {
      const size = reader.uint()
      const from = take(size)
      return buffer.toString('utf8', from, at)
    },
    list(read) {
      const count = reader.uint()
      if (count === 0) return nothing
      // Every item takes at least one byte, so a corrupt count cannot make us allocate a huge list.
      if (count > end - at) throw new RangeError(`${count} items in ${end - at} bytes`)
      const values: ReturnType<typeof read>[] = []
      for (let index = 0; index < count; index++) values.push(read())
      return values
    },
    optional: (read) => (reader.flag() ? read() : undefined),
    end() {
      if (at !== end) throw new RangeError(`${end - at} bytes too many`)
    },
    reset(bytes, start, limit) {
      buffer = bytes
      at = start
      end = limit
    },
  }
  return reader
}
