import type { DemoEvent } from '../demo-event.ts'

/** An event as one line of JSON. Amounts, times and versions exceed what JSON numbers hold: they are decimal strings. */
export function jsonLine(event: DemoEvent): string {
  return JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
}
