import assert from 'node:assert/strict'
import type { Connection } from '@perun-watcher/protocol/adapter'

/** Message number `number` of `size` bytes, the same each time. From 4 bytes on it is unique. */
export function message(number: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(size)
  for (let at = 0, word = number + 1; at < size; at++) {
    word = Math.imul(word, 0x19660d) + 0x3c6ef35f
    bytes[at] = word >>> 24
  }
  if (size >= 4) bytes.writeUInt32BE(number)
  return bytes
}

/** The number that was written into a message. */
export function numberOf(bytes: Uint8Array | undefined): number {
  assert.ok(bytes !== undefined && bytes.length >= 4, 'the connection ended, or a message was cut short')
  return Buffer.from(bytes).readUInt32BE()
}

/** Takes the next message and compares it, byte for byte. */
export async function expectMessage(from: Connection, number: number, size: number): Promise<void> {
  const got = await from.receive()
  assert.ok(got !== undefined, `the connection ended before message ${number}`)
  assert.equal(got.length, size, `the length of message ${number}`)
  assert.ok(Buffer.compare(got, message(number, size)) === 0, `message ${number} has other bytes, or is another one`)
}

/** Sends messages 0 to `count` - 1, each of `size` bytes, one after the other. */
export async function sendAll(to: Connection, count: number, size: number): Promise<void> {
  for (let number = 0; number < count; number++) await to.send(message(number, size))
}

/** Takes messages 0 to `count` - 1 in this order. */
export async function expectAll(from: Connection, count: number, size: number): Promise<void> {
  for (let number = 0; number < count; number++) await expectMessage(from, number, size)
}

/** Takes messages until the connection ends, in order or not; they must be the first of those that were sent. */
export async function expectBeginning(from: Connection, size: number): Promise<{ readonly failure: unknown }> {
  for (let number = 0; ; number++) {
    try {
      const got = await from.receive()
      if (got === undefined) return { failure: undefined }
      assert.ok(Buffer.compare(got, message(number, size)) === 0, `message ${number} is missing or was changed`)
    } catch (failure) {
      if (failure instanceof assert.AssertionError) throw failure
      return { failure }
    }
  }
}
