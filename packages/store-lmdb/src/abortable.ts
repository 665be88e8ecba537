import type { AbortOptions } from '@perun-watcher/core'

/** The caller stops waiting when the signal aborts; what was begun goes on. */
export function abortable<T>(promise: Promise<T>, { signal }: AbortOptions = {}): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
