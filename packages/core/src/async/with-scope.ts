/** Made once: an abort without a reason makes an error with a stack each time, and calls come by the thousand. */
const workIsDone = new Error('The work is done.')

/**
 * Runs `work` with a signal that aborts when `signal` does, or when `work` is done: whatever `work` started and did not
 * wait for ends with it. Leaves no listener on `signal`, which may live as long as the process.
 *
 * @throws the reason of a signal that is aborted already; or what `work` throws.
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
    scope.abort(workIsDone)
  }
}
