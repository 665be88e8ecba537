import { WatcherError } from '@perun-watcher/core'
import type { TransactionJournal } from '@perun-watcher/core/adapter'
import { timeLimit } from '@perun-watcher/core/internal'
import type { EvmSigner } from '../rpc/evm-client.ts'
import type { CheckedOptions } from './backend-options.ts'

type SigningOptions = Pick<CheckedOptions, 'clock' | 'requestTimeoutMs' | 'journal' | 'signers'>

/**
 * The same signers and journal, but every call of them ends: after `requestTimeoutMs` with `STORE_FAILED`. Both may be on
 * other machines, and one that never answers must not hold up a lane for ever.
 */
export function withSigningTimeout(options: SigningOptions): Pick<SigningOptions, 'journal' | 'signers'> {
  const { clock, requestTimeoutMs: limitMs, journal, signers } = options
  const limit = timeLimit(clock, limitMs)
  const limited = <T>(what: string, call: () => Promise<T>): Promise<T> =>
    limit.run(call, () => new WatcherError('STORE_FAILED', `${what} did not answer within ${limitMs} ms.`))
  const limitedSigners = signers.map(
    (signer): EvmSigner => ({
      address: signer.address,
      signTransaction: (transaction) => limited('The signer', () => signer.signTransaction(transaction)),
    }),
  )
  const limitedJournal: TransactionJournal = {
    attempts: (options) => limited('The journal', () => journal.attempts(options)),
    putAttempt: (attempt, options) => limited('The journal', () => journal.putAttempt(attempt, options)),
    forgetAttempts: (account, nonce, options) =>
      limited('The journal', () => journal.forgetAttempts(account, nonce, options)),
  }
  return { signers: limitedSigners, journal: limitedJournal }
}
