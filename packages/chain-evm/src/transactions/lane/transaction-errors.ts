import { type TransactionHash, WatcherError } from '@perun-watcher/core'
import type { Address } from '../../rpc/evm-client.ts'
import { refusalOf } from '../../rpc/parse-rpc.ts'

/** `ACCOUNT_UNDERFUNDED`. Amounts in wei; `need` is `undefined` where the node did not get as far as the gas. */
export function underfunded(account: Address, balance: bigint, need: bigint | undefined): WatcherError {
  const wanted = need === undefined ? 'that is too little' : `needs ${need} wei`
  return new WatcherError('ACCOUNT_UNDERFUNDED', 'The account cannot pay for the transaction.', {
    details: [`Account ${account}.`, `It has ${balance} wei and ${wanted}.`],
  })
}

/** `TREE_TOO_LARGE`: the node takes less than the limits of this backend say. */
export function tooLarge(account: Address, cause: unknown): WatcherError {
  const refusal = refusalOf(cause)
  return new WatcherError('TREE_TOO_LARGE', 'The node takes no transaction as large as this registration.', {
    details: [
      `Account ${account}.`,
      ...(refusal === undefined ? [] : [`It said: ${refusal.message}`]),
      'Use a node that takes more, or give the `limits` of this one, so that larger states are refused when they are published.',
    ],
    cause,
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
