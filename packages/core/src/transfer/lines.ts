import { isWatcherError, toError } from '../errors/watcher-error.ts'
import type { AbortOptions } from '../spi/runtime.ts'
import type { Store } from '../spi/store.ts'
import { assertLedger } from '../store/assert-ledger.ts'
import { putStoreItem, type StoreItem, type StoreItemsOptions, storeItems } from './items.ts'
import { badExport, type Line, lineOf, textOf } from './line-format.ts'

/** The version of the export format. */
const format = 1

/** How many items are written concurrently, so that a durable store can group them. */
const atOnce = 256

/**
 * The content of any open store as lines of JSON without line ends: for people to read and for moving to another kind of
 * store. Every number that may be large is decimal text.
 *
 * Nobody should write to the store meanwhile.
 */
export async function* exportLines(
  store: Store,
  ledgerId: string,
  options?: StoreItemsOptions,
): AsyncGenerator<string, void, undefined> {
  yield textOf({ type: 'store', format, ledgerId })
  let items = 0
  for await (const item of storeItems(store, options)) {
    items++
    yield textOf(item)
  }
  yield textOf({ type: 'end', items })
}

/**
 * The ledger of an export, which its first line names.
 *
 * @throws WatcherError `EXPORT_INVALID`
 */
export function exportedLedger(firstLine: string): string {
  return parseHeader(parsed(firstLine, 1)).ledgerId
}

/**
 * Writes an export into an empty store that was opened for the same ledger. Each line is checked as strictly as what a
 * client sends, apart from the signatures.
 *
 * @returns how many items were written.
 * @throws WatcherError `EXPORT_INVALID` naming the line, `STORE_OF_ANOTHER_LEDGER`, `STORE_STALE_WRITE`; what was written
 *   until then stays.
 */
export async function importLines(
  store: Store,
  ledgerId: string,
  lines: AsyncIterable<string> | Iterable<string>,
  options?: AbortOptions,
): Promise<number> {
  let items = 0
  let waiting: StoreItem[] = []
  let end: number | undefined

  async function write(): Promise<void> {
    const writes = waiting.map((item) => putStoreItem(store, item, options))
    waiting = []
    const failed = (await Promise.allSettled(writes)).find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  let number = 0
  for await (const text of lines) {
    number++
    const line = parsed(text, number)
    if (number === 1) assertLedger(parseHeader(line).ledgerId, ledgerId)
    else if (line.type === 'end') end = line.items
    else if (line.type === 'store' || end !== undefined) throw badExport('The export goes on.', `Line ${number}.`)
    else {
      items++
      waiting.push(line)
      if (waiting.length >= atOnce) await write()
    }
  }
  await write()
  if (end !== items)
    throw badExport('The export is cut off.', `It has ${items} of ${end ?? 'an unknown number of'} items.`)
  return items
}

function parsed(text: string, number: number): Line {
  try {
    return lineOf(text)
  } catch (error) {
    const why = isWatcherError(error) ? error.shortMessage : toError(error).message
    throw badExport('A line of the export cannot be read.', `Line ${number}: ${why}`, error)
  }
}

function parseHeader(line: Line): Extract<Line, { type: 'store' }> {
  if (line.type !== 'store') throw badExport('The export has no beginning.', `Its first line is of type ${line.type}.`)
  if (line.format !== format)
    throw badExport('The export is of another format.', `Format ${line.format}, known is ${format}.`)
  return line
}
