import { crc32 } from 'node:zlib'
import { hasCode, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { type ByteReader, byteReader } from './byte-reader.ts'
import { type ByteWriter, byteWriter } from './byte-writer.ts'

/** How one kind of value is written. */
export interface Codec<T> {
  /** For error messages. */
  readonly what: string
  /** The version of the binary layout that is written. Default: 1. */
  readonly layout?: number | undefined
  write(writer: ByteWriter, value: T): void
  read(reader: ByteReader): T
  /** Reads the layouts that earlier formats of the store wrote, by their versions; values of any others are refused. */
  readonly former?: Readonly<Record<number, (reader: ByteReader) => T>> | undefined
}

/** Shared by all calls: encoding and decoding are synchronous and do not call each other. */
const scratch = byteWriter()
const reader = byteReader()

/** One byte of layout in front of the value, four of checksum behind it. */
const frameSize = 1 + 4

/**
 * A value as it is stored under a key: the layout, the value, and a checksum over both and the key, so that torn, rotten and
 * misplaced values are detected.
 */
export function encode<T>(codec: Codec<T>, key: Buffer, value: T): Buffer {
  scratch.reset()
  scratch.uint(codec.layout ?? 1)
  codec.write(scratch, value)
  const body = scratch.written()
  const framed = Buffer.allocUnsafe(body.length + 4)
  body.copy(framed)
  framed.writeUInt32BE(crc32(body, crc32(key)), body.length)
  return framed
}

/**
 * The value that was stored under a key. Once the checksum is verified it is read with core's parse functions, so that
 * nothing else ever creates branded values.
 *
 * @throws WatcherError `STORE_CORRUPT`
 */
export function decode<T>(codec: Codec<T>, key: Buffer, bytes: Buffer): T {
  const end = bytes.length - 4
  if (bytes.length < frameSize) throw damaged(codec.what, key, 'It is too short.')
  if (bytes.readUInt32BE(end) !== crc32(bytes.subarray(0, end), crc32(key))) {
    throw damaged(codec.what, key, 'Its checksum is wrong.')
  }
  const { layout = 1, former = {} } = codec
  const written = bytes[0] ?? 0
  const read = written === layout ? codec.read : former[written]
  if (read === undefined) throw damaged(codec.what, key, `It is written in layout ${written}, known is ${layout}.`)
  try {
    reader.reset(bytes, 1, end)
    const value = read(reader)
    reader.end()
    return value
  } catch (error) {
    throw damaged(codec.what, key, `It cannot be read: ${toError(error).message.split('\n')[0]}.`, error)
  }
}

/** The error for a damaged entry. */
export function damaged(what: string, key: Buffer, why: string, cause?: unknown): WatcherError {
  const where = /^[\x20-\x7e]+$/.test(key.toString('latin1')) ? key.toString('latin1') : `0x${key.toString('hex')}`
  return new WatcherError('STORE_CORRUPT', `The stored ${what} is damaged.`, {
    details: [`Entry ${where}.`, why],
    cause,
  })
}

export const isDamage = (error: unknown): error is WatcherError => hasCode(error, 'STORE_CORRUPT')
