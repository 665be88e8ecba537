import { hasCode, isWatcherError, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'

interface Failed {
  readonly failures: readonly unknown[]
}

function hasFailures(error: unknown): error is Failed {
  return typeof error === 'object' && error !== null && 'failures' in error && Array.isArray(error.failures)
}

/** The errors of all endpoints, where a transaction was sent to several of them and none took it; else the error itself. */
export function sendFailures(error: unknown): readonly unknown[] {
  return hasFailures(error) ? error.failures : [error]
}

function detailsOf(error: unknown): readonly string[] {
  return isWatcherError(error) ? [error.shortMessage, ...error.details] : [toError(error).message]
}

/** One error for all: a refusal where there is one, as it says more than silence. */
function combined(failures: readonly unknown[]): Error {
  const told = failures.find((failure) => hasCode(failure, 'RPC_REFUSED')) ?? failures[0]
  if (failures.length === 1 || !isWatcherError(told)) return toError(told)
  const error = new WatcherError(told.code, 'No RPC endpoint took the transaction.', {
    details: failures.flatMap(detailsOf),
    cause: told.cause,
  })
  return Object.assign(error, { failures } satisfies Failed)
}

/**
 * Sends to all at once. Resolves as soon as one of them takes it, and lets the others go on. Rejects when none did, with an
 * error from which {@link sendFailures} tells what each of them said.
 */
export function sendEverywhere<T>(all: readonly T[], send: (one: T) => Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const failures: unknown[] = []
    const onFailure = (error: unknown): void => {
      failures.push(error)
      if (failures.length === all.length) reject(combined(failures))
    }
    for (const one of all) send(one).then(resolve, onFailure)
  })
}
