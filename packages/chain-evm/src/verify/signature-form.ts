import type { Signature } from '@perun-watcher/core'

/** A signature taken apart. */
export interface SignatureParts {
  /** 64 bytes, r then s; s in the lower half of the curve's order. */
  readonly rs: Uint8Array
  /** Which of the two keys that fit is meant: v minus 27. */
  readonly yParity: 0 | 1
  /** Whether the text that it came from is what the contract takes. */
  readonly canonical: boolean
}

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const halfOrder = Buffer.from('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex')

/**
 * Reads a signature. The contract takes 65 bytes r, s, v with v 27 or 28 and s in the lower half of the curve's order,
 * and the 64 bytes of EIP-2098, which keep v in the top bit of such an s. go-perun in addition takes v 0 and 1 and an s
 * in the upper half: whoever has such a signature can make the canonical one of it without the key, so it is read too.
 *
 * @returns `undefined` for anything else.
 */
export function readSignature(signature: Signature): SignatureParts | undefined {
  const rs = Buffer.from(signature.slice(2, 130), 'hex')
  if (signature.length === 130) return readCompact(rs)
  if (signature.length !== 132) return undefined
  const v = Number.parseInt(signature.slice(130), 16)
  const yParity = parityOf(v)
  if (yParity === undefined) return undefined
  if (!isHigh(rs)) return { rs, yParity, canonical: v === 27 + yParity }
  return lowered(rs, yParity)
}

/** The 65 bytes that the contract takes. */
export function writeSignature({ rs, yParity }: SignatureParts): string {
  return `0x${Buffer.from(rs).toString('hex')}${yParity === 0 ? '1b' : '1c'}`
}

function readCompact(bytes: Buffer): SignatureParts | undefined {
  const first = bytes[32] ?? 0
  bytes[32] = first & 0x7f
  // No signer makes such bytes, and without v they would mean two signatures.
  if (isHigh(bytes)) return undefined
  return { rs: bytes, yParity: first >= 0x80 ? 1 : 0, canonical: true }
}

function parityOf(v: number): 0 | 1 | undefined {
  if (v === 0 || v === 27) return 0
  if (v === 1 || v === 28) return 1
  return undefined
}

function isHigh(rs: Buffer): boolean {
  // The first byte decides nearly always, and asking the library to compare takes longer than that.
  let index = 0
  while (index < 31 && rs[32 + index] === halfOrder[index]) index += 1
  return (rs[32 + index] ?? 0) > (halfOrder[index] ?? 0)
}

/** s and its negative sign the same message, each for the other parity. */
function lowered(rs: Buffer, yParity: 0 | 1): SignatureParts | undefined {
  const s = BigInt(`0x${rs.toString('hex', 32, 64)}`)
  if (s >= order) return undefined
  const low = (order - s).toString(16).padStart(64, '0')
  return {
    rs: Buffer.concat([rs.subarray(0, 32), Buffer.from(low, 'hex')]),
    yParity: yParity === 0 ? 1 : 0,
    canonical: false,
  }
}
