const prime = 2n ** 256n - 2n ** 32n - 977n
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/**
 * Why the contract refuses a signature in this form, in its own words and order; `undefined` if it does not. Written
 * down once more, because chain-evm repairs what the contract refuses.
 */
export function signatureFormFault(signature: string): string | undefined {
  const bytes = (signature.length - 2) / 2
  if (bytes !== 65 && bytes !== 64) return 'ECDSA: invalid signature length'
  if (readS(signature) > order / 2n) return "ECDSA: invalid signature 's' value"
  if (bytes === 65 && !['1b', '1c'].includes(signature.slice(130))) return "ECDSA: invalid signature 'v' value"
  return undefined
}

/** Whether a signature of acceptable form can be some key's. */
export function isSomebodys(signature: string): boolean {
  const r = BigInt(`0x${signature.slice(2, 66)}`)
  return readS(signature) > 0n && r > 0n && r < order && isOnCurve(r)
}

/** Of 64 bytes, the top bit is v. */
function readS(signature: string): bigint {
  const word = BigInt(`0x${signature.slice(66, 130)}`)
  return signature.length === 130 ? word & (2n ** 255n - 1n) : word
}

/** Whether the curve y² = x³ + 7 has a point with this x: by Euler's criterion. */
function isOnCurve(x: bigint): boolean {
  return power(x ** 3n + 7n, (prime - 1n) / 2n) === 1n
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = base % prime
  for (let bits = exponent; bits > 0n; bits >>= 1n) {
    if ((bits & 1n) === 1n) result = (result * square) % prime
    square = (square * square) % prime
  }
  return result
}

/** Whether two signatures of acceptable form say the same, each in its own form. */
export function saysTheSame(a: string, b: string): boolean {
  return a.slice(0, 66) === b.slice(0, 66) && readS(a) === readS(b) && readV(a) === readV(b)
}

function readV(signature: string): number {
  if (signature.length !== 130) return Number.parseInt(signature.slice(130), 16)
  return 27 + Number(BigInt(`0x${signature.slice(66, 130)}`) >> 255n)
}
