/**
 * Runs `work` with a signal that aborts when `signal` does, or when `work` is done: whatever `work` started and did not
 * wait for ends with it. Leaves no listener on `signal`, which may live as long as the process.
 */
export async function withScope<T>(
  signal: AbortSignal | undefined,
  work: (scope: AbortController) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const scope = new AbortController()
  const onAbort = (): void => scope.abort(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await work(scope)
  } finally {
    signal?.removeEventListener('abort', onAbort)
    scope.abort()
  }
}

/** Waits for `promise`, but no longer than until `signal` aborts; for work that takes no signal itself. */
export function raceSignal<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
