const prime = 2n ** 256n - 2n ** 32n - 977n
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/**
 * Why the contract refuses a signature whoever made it, in its own words and order; `undefined` if it is some key's.
 * Written down once more, because chain-evm repairs what the contract refuses.
 */
export function signatureFormFault(signature: string): string | undefined {
  const bytes = (signature.length - 2) / 2
  if (bytes !== 65 && bytes !== 64) return 'ECDSA: invalid signature length'
  const r = BigInt(`0x${signature.slice(2, 66)}`)
  const word = BigInt(`0x${signature.slice(66, 130)}`)
  const s = bytes === 65 ? word : word & (2n ** 255n - 1n)
  if (s > order / 2n) return "ECDSA: invalid signature 's' value"
  if (bytes === 65 && !['1b', '1c'].includes(signature.slice(130))) return "ECDSA: invalid signature 'v' value"
  return s === 0n || r === 0n || r >= order || !isOnCurve(r) ? 'ECDSA: invalid signature' : undefined
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
