import type { Table } from './open-tables.ts'

export interface KeyValue {
  readonly key: Buffer
  readonly value: Buffer
}

export interface BatchOptions {
  /** The first key. */
  readonly start?: Buffer | undefined
  /** The key behind the last. */
  readonly end?: Buffer | undefined
  /** How many entries are read at once. */
  readonly size?: number | undefined
}

/**
 * The entries of a table in batches. No snapshot is held open while the caller works: it would make the file grow. So changes
 * made meanwhile may or may not be seen.
 */
export function* batches(
  table: () => Table,
  { start, end, size = 1_000 }: BatchOptions = {},
): Generator<readonly KeyValue[]> {
  const until = end === undefined ? {} : { end }
  let from: { readonly start?: Buffer; readonly exclusiveStart?: boolean } = start === undefined ? {} : { start }
  for (;;) {
    const batch: readonly KeyValue[] = [...table().getRange({ ...from, ...until, limit: size })]
    if (batch.length > 0) yield batch
    const last = batch.at(-1)
    if (last === undefined || batch.length < size) return
    from = { start: last.key, exclusiveStart: true }
  }
}
