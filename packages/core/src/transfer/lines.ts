import { isWatcherError, toError } from '../errors/watcher-error.ts'
import type { LedgerId } from '../model/brand.ts'
import type { AbortOptions } from '../spi/runtime.ts'
import type { Store } from '../spi/store.ts'
import { badExport } from './bad-export.ts'
import { itemWriter, type StoreItemsOptions, storeItems } from './items.ts'
import { endOf, fieldsOf, formatOf, type Header, headerOf, itemsOf, textOf } from './line-format.ts'

/** The version of the export format; earlier ones are imported, too. */
const format = 2

/**
 * The content of any open store as lines of JSON without line ends: for people to read and for moving to another kind of
 * store. Every number that may be large is decimal text.
 *
 * Nobody should write to the store meanwhile.
 */
export async function* exportLines(store: Store, options?: StoreItemsOptions): AsyncGenerator<string, void, undefined> {
  yield textOf({ type: 'store', format, ledgers: store.ledgers })
  let items = 0
  for await (const item of storeItems(store, options)) {
    items++
    yield textOf(item)
  }
  yield textOf({ type: 'end', items })
}

/**
 * The ledgers of an export, which its first line names.
 *
 * @throws WatcherError `EXPORT_INVALID`
 */
export function exportedLedgers(firstLine: string): readonly LedgerId[] {
  return parseHeader(firstLine).ledgers
}

/**
 * Writes an export into an empty store that was opened for all ledgers of the export, and binds it to them. Each line is
 * checked as strictly as what a client sends, apart from the signatures.
 *
 * @returns how many items were read.
 * @throws WatcherError `EXPORT_INVALID` naming the line, `STORE_OF_ANOTHER_LEDGER`, `STORE_STALE_WRITE`; what was written
 *   until then stays.
 */
export async function importLines(
  store: Store,
  lines: AsyncIterable<string> | Iterable<string>,
  options?: AbortOptions,
): Promise<number> {
  const writer = itemWriter(store, options)
  let header: Header | undefined
  let items = 0
  let end: number | undefined
  let number = 0
  for await (const text of lines) {
    number++
    if (header === undefined) {
      header = parseHeader(text)
      for (const ledger of header.ledgers) await store.bind(ledger, options)
      continue
    }
    const fields = parsed(number, () => fieldsOf(text))
    const { type } = fields
    if (type === 'store' || end !== undefined) throw badExport('The export goes on.', `Line ${number}.`)
    if (type === 'end') {
      end = parsed(number, () => endOf(fields)).items
      continue
    }
    items++
    const known = header
    for (const item of parsed(number, () => itemsOf(fields, known))) await writer.put(item)
  }
  await writer.end()
  if (end !== items)
    throw badExport('The export is cut off.', `It has ${items} of ${end ?? 'an unknown number of'} items.`)
  return items
}

function parsed<T>(number: number, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    const why = isWatcherError(error) ? error.shortMessage : toError(error).message
    throw badExport('A line of the export cannot be read.', `Line ${number}: ${why}`, error)
  }
}

function parseHeader(text: string): Header {
  const fields = parsed(1, () => fieldsOf(text))
  const { type } = fields
  if (type !== 'store') throw badExport('The export has no beginning.', `Its first line is of type ${String(type)}.`)
  const written = parsed(1, () => formatOf(fields))
  if (written >= 1 && written <= format) return parsed(1, () => headerOf(fields))
  throw badExport('The export is of another format.', `Format ${written}, known are those up to ${format}.`)
}
