/** Digits after the point of an ether: 1 ETH is 10^18 wei. */
const etherDecimals = 18

/**
 * An amount as text in its smallest unit: `parseUnits('1.5', 9)` is 1 500 000 000.
 *
 * @param text digits, and after a point at most `decimals` more; the schema of the configuration checks that.
 */
export function parseUnits(text: string, decimals: number): bigint {
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(decimals, '0'))
}

/** Wei as ether in decimals, exact and without zeros at the end: `1.5`, `-0.000000000000000001`. */
export function formatEther(wei: bigint): string {
  const digits = String(wei < 0n ? -wei : wei).padStart(etherDecimals + 1, '0')
  const fraction = digits.slice(-etherDecimals).replace(/0+$/, '')
  return `${wei < 0n ? '-' : ''}${digits.slice(0, -etherDecimals)}${fraction === '' ? '' : `.${fraction}`}`
}
