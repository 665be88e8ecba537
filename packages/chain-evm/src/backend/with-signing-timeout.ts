import { type LedgerId, WatcherError } from '@perun-watcher/core'
import type { TransactionJournal } from '@perun-watcher/core/adapter'
import { timeLimit } from '@perun-watcher/core/internal'
import type { EvmSigner } from '../rpc/evm-client.ts'
import type { TransactionManagerOptions } from '../transactions/manager/transaction-manager-options.ts'
import type { CheckedOptions } from './backend-options.ts'

type SigningOptions = Pick<CheckedOptions, 'clock' | 'requestTimeoutMs' | 'journal' | 'signers'>

/**
 * The signers and the journal of the ledger, but every call of them ends: after `requestTimeoutMs` with `STORE_FAILED`. Both may be on
 * other machines, and one that never answers must not hold up a lane for ever.
 */
export function withSigningTimeout(
  { clock, requestTimeoutMs: limitMs, journal: journals, signers }: SigningOptions,
  ledger: LedgerId,
): Pick<TransactionManagerOptions, 'journal' | 'signers'> {
  const limit = timeLimit(clock, limitMs)
  const limited = <T>(what: string, call: () => Promise<T>): Promise<T> =>
    limit.run(call, () => new WatcherError('STORE_FAILED', `${what} did not answer within ${limitMs} ms.`))
  const limitedSigners = signers.map(
    (signer): EvmSigner => ({
      address: signer.address,
      signTransaction: (transaction) => limited('The signer', () => signer.signTransaction(transaction)),
    }),
  )
  // Asked for anew each time: the store need not be open when the backend is made.
  const journal = <T>(call: (journal: TransactionJournal) => Promise<T>): Promise<T> =>
    limited('The journal', async () => await call(journals.journal(ledger)))
  const limitedJournal: TransactionJournal = {
    attempts: (options) => journal((own) => own.attempts(options)),
    putAttempt: (attempt, options) => journal((own) => own.putAttempt(attempt, options)),
    forgetAttempts: (lane, sequence, options) => journal((own) => own.forgetAttempts(lane, sequence, options)),
  }
  return { signers: limitedSigners, journal: limitedJournal }
}
