import { parseSignature, type Signature } from '@perun-watcher/core'

// One signature of 65 bytes with v 27 or 28 and low s, written in every way that somebody could think of.

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const bytesOf = (signature: Signature): Buffer => Buffer.from(signature.slice(2), 'hex')
const fromBytes = (bytes: Uint8Array): Signature => parseSignature(`0x${Buffer.from(bytes).toString('hex')}`)

export function withV(signature: Signature, v: number): Signature {
  return fromBytes(bytesOf(signature).fill(v, 64, 65))
}

/** v 0 or 1, as libraries count that do not know Ethereum. */
export function withPlainParity(signature: Signature): Signature {
  return withV(signature, (bytesOf(signature)[64] ?? 0) - 27)
}

/** The other s that signs the same. */
export function withHighS(signature: Signature): Signature {
  const bytes = bytesOf(signature)
  const s = BigInt(`0x${bytes.toString('hex', 32, 64)}`)
  bytes.write((order - s).toString(16).padStart(64, '0'), 32, 'hex')
  return withV(fromBytes(bytes), 55 - (bytes[64] ?? 0))
}

/** The 64 bytes of EIP-2098. */
export function compact(signature: Signature): Signature {
  const bytes = bytesOf(signature)
  const top = bytes[64] === 28 ? 0x80 : 0
  return fromBytes(bytes.fill((bytes[32] ?? 0) | top, 32, 33).subarray(0, 64))
}

export function flipBit(signature: Signature, bit: number): Signature {
  const bytes = bytesOf(signature)
  const index = Math.floor(bit / 8) % bytes.length
  return fromBytes(bytes.fill((bytes[index] ?? 0) ^ (1 << (bit % 8)), index, index + 1))
}

export function cut(signature: Signature, length: number): Signature {
  return fromBytes(bytesOf(signature).subarray(0, length))
}

export function extend(signature: Signature): Signature {
  return parseSignature(`${signature}00`)
}

/** r and s as given. */
export function made(r: bigint, s: bigint, v: number): Signature {
  const word = (n: bigint): string => n.toString(16).padStart(64, '0')
  return withV(parseSignature(`0x${word(r)}${word(s)}00`), v)
}

export { order as curveOrder }
