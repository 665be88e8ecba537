import { Undecodable } from './abi-reader.ts'

/** A string of bytes, or a list of items. */
export type RlpItem = Buffer | readonly RlpItem[]

/** An access list is a list of pairs of which one is a list: the deepest that a transaction holds. */
const maxDepth = 4

const longestShort = 55

/**
 * Reads recursive length prefixes (Ethereum yellow paper, appendix B), as strictly as nodes do: every length in its one
 * canonical form, and nothing behind the item.
 *
 * @throws Undecodable
 */
export function decodeRlp(bytes: Buffer): RlpItem {
  const { item, end } = readItem(bytes, 0, 0)
  if (end !== bytes.length) throw new Undecodable('bytes behind the item')
  return item
}

/** A number of at most 256 bits. @throws Undecodable */
export function rlpUint(item: RlpItem | undefined): bigint {
  const bytes = rlpBytes(item)
  if (bytes.length > 32 || bytes[0] === 0) throw new Undecodable('no number')
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`)
}

/** @throws Undecodable */
export function rlpBytes(item: RlpItem | undefined): Buffer {
  if (!Buffer.isBuffer(item)) throw new Undecodable('no string of bytes')
  return item
}

interface Read {
  readonly item: RlpItem
  /** Where the next item starts. */
  readonly end: number
}

function readItem(bytes: Buffer, at: number, depth: number): Read {
  const prefix = bytes[at]
  if (prefix === undefined) throw new Undecodable('out of bounds')
  if (prefix < 0x80) return { item: bytes.subarray(at, at + 1), end: at + 1 }
  const isList = prefix >= 0xc0
  const { start, end } = readSpan(bytes, at, prefix - (isList ? 0xc0 : 0x80))
  if (isList) return { item: readList(bytes, start, end, depth + 1), end }
  if (end - start === 1 && (bytes[start] ?? 0) < 0x80) throw new Undecodable('a byte with a needless prefix')
  return { item: bytes.subarray(start, end), end }
}

function readList(bytes: Buffer, start: number, end: number, depth: number): readonly RlpItem[] {
  if (depth > maxDepth) throw new Undecodable('too deep')
  const items: RlpItem[] = []
  const list = bytes.subarray(0, end)
  for (let at = start; at < end; ) {
    const read = readItem(list, at, depth)
    items.push(read.item)
    at = read.end
  }
  return items
}

/** @param size - the length itself, or, above 55, 55 and the number of bytes that the length takes up */
function readSpan(bytes: Buffer, at: number, size: number): { readonly start: number; readonly end: number } {
  const lengthBytes = Math.max(0, size - longestShort)
  const start = at + 1 + lengthBytes
  // No transaction has four gigabytes.
  if (start > bytes.length || lengthBytes > 4) throw new Undecodable('out of bounds')
  const length = lengthBytes === 0 ? size : bytes.readUIntBE(at + 1, lengthBytes)
  if (lengthBytes > 0 && (bytes[at + 1] === 0 || length <= longestShort)) throw new Undecodable('a needless length')
  if (start + length > bytes.length) throw new Undecodable('out of bounds')
  return { start, end: start + length }
}
