import { WatcherError } from '../errors/watcher-error.ts'

/**
 * Whether what belongs to one ledger is asked for by the same one; for stores to share.
 *
 * @throws WatcherError `STORE_OF_ANOTHER_LEDGER`
 */
export function assertLedger(owner: string, ledgerId: string): void {
  if (owner === ledgerId) return
  throw new WatcherError('STORE_OF_ANOTHER_LEDGER', 'The store was made for another ledger.', {
    details: [`It belongs to ${owner}; asked for ${ledgerId}.`],
  })
}
