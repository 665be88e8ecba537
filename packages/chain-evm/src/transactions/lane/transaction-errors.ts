import { type TransactionHash, WatcherError } from '@perun-watcher/core'
import type { Address } from '../../rpc/evm-client.ts'

/** `ACCOUNT_UNDERFUNDED`. Amounts in wei; `need` is `undefined` where the node did not get as far as the gas. */
export function underfunded(account: Address, balance: bigint, need: bigint | undefined): WatcherError {
  const wanted = need === undefined ? 'that is too little' : `needs ${need} wei`
  return new WatcherError('ACCOUNT_UNDERFUNDED', 'The account cannot pay for the transaction.', {
    details: [`Account ${account}.`, `It has ${balance} wei and ${wanted}.`],
  })
}

/** `DEADLINE_PASSED`. Both in seconds of chain time. */
export function deadlinePassed(deadline: bigint, now: bigint): WatcherError {
  return new WatcherError('DEADLINE_PASSED', 'No block included the transaction in time.', {
    details: [`The deadline was ${deadline}, the chain is at ${now}.`],
  })
}

/** `TRANSACTION_REPLACED`. `hash`: of the transaction that spent the nonce, where it is known. */
export function replaced(account: Address, nonce: bigint, hash?: TransactionHash): WatcherError {
  return new WatcherError('TRANSACTION_REPLACED', 'A block spent the nonce on another transaction.', {
    details: [`Account ${account}, nonce ${nonce}.`, ...(hash === undefined ? [] : [`Transaction ${hash}.`])],
  })
}
