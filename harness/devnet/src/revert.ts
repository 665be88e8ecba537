import { decodeAbiParameters, type Hex, parseAbiParameters, size, slice } from 'viem'

/** Solidity's own failures that this contract code can run into, by code. */
const panics: ReadonlyMap<bigint, string> = new Map([
  [0x01n, 'assertion failed'],
  [0x11n, 'arithmetic underflow or overflow'],
  [0x12n, 'division or modulo by zero'],
  [0x21n, 'failed to convert value into enum type'],
  [0x31n, 'called `.pop()` on an empty array'],
  [0x32n, 'array out-of-bounds access'],
  [0x41n, 'memory allocation error'],
])

/**
 * What a failed call said, from the data it reverted with: the contract's own words, or `panic: … (0x..)`, or
 * `without a reason` for no data at all, as malformed ABI input gives.
 */
export function decodeRevert(data: Hex): string {
  if (data === '0x') return 'without a reason'
  const selector = size(data) >= 4 ? slice(data, 0, 4) : data
  try {
    if (selector === '0x08c379a0') return decodeAbiParameters(parseAbiParameters('string'), slice(data, 4))[0]
    if (selector === '0x4e487b71') {
      const [code] = decodeAbiParameters(parseAbiParameters('uint256'), slice(data, 4))
      return `panic: ${panics.get(code) ?? 'unknown'} (0x${code.toString(16).padStart(2, '0')})`
    }
  } catch {
    // Says it is a reason and is none: shown as it came.
  }
  return `with ${data}`
}
