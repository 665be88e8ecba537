import { parseSignature, type Signature } from '@perun-watcher/core'
import type { Random } from './random.ts'

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
/** The smallest r for which the curve has no point. */
const offCurve = 5n

/** The signature in another form: some the contract takes, most it does not. */
export function tamper(signature: Signature, random: Random): Signature {
  const r = BigInt(`0x${signature.slice(2, 66)}`)
  const s = BigInt(`0x${signature.slice(66, 130)}`)
  const v = Number.parseInt(signature.slice(130), 16)
  const compact = (word: bigint, parity: number): string => hex(r) + hex(word | (BigInt(parity) << 255n))
  const forms: readonly (() => string)[] = [
    // Taken: the 64 bytes of EIP-2098.
    () => compact(s, v - 27),
    () => compact(s, 28 - v),
    () => compact(order - s, 0),
    () => '',
    () => signature.slice(2, 128),
    () => `${signature.slice(2)}00`,
    () => form(r, order - s, 55 - v),
    () => form(r, 2n ** 256n - 1n, v),
    () => form(r, s, v - 27),
    () => form(r, s, random.pick([2, 26, 29, 255])),
    () => form(r, s, 55 - v),
    () => form(0n, s, v),
    () => form(r, 0n, v),
    () => form(order, s, v),
    () => form(offCurve, s, v),
    () => form(r, s === 1n ? 2n : s - 1n, v),
    // Two faults: the order of the checks.
    () => form(0n, order - s, 29),
    () => form(0n, s, 29),
  ]
  return parseSignature(`0x${random.pick(forms)()}`)
}

function form(r: bigint, s: bigint, v: number): string {
  return hex(r) + hex(s) + v.toString(16).padStart(2, '0')
}

function hex(word: bigint): string {
  return word.toString(16).padStart(64, '0')
}
