/** Anything as one line of JSON. Amounts, times and versions exceed what JSON numbers hold: they are decimal strings. */
export function jsonLine(value: object): string {
  return JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? String(field) : field))
}
