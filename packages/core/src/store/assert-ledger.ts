import { WatcherError } from '../errors/watcher-error.ts'
import type { LedgerId } from '../model/brand.ts'

/**
 * Whether a ledger that a store or an export belongs to is among those that it is opened for; for stores to share.
 *
 * @throws WatcherError `STORE_OF_ANOTHER_LEDGER`
 */
export function assertServed(owner: LedgerId, served: readonly LedgerId[]): void {
  if (served.includes(owner)) return
  throw new WatcherError('STORE_OF_ANOTHER_LEDGER', 'The store was made for another ledger.', {
    details: [`It belongs to ${owner}; asked for ${served.length === 0 ? 'none' : served.join(', ')}.`],
  })
}
