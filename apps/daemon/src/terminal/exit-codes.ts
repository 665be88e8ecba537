/** Exit codes of `perun-watcher`; part of its public interface, see the README. */
export const exitCodes = {
  ok: 0,
  /** The command failed, or something unexpected happened. */
  failed: 1,
  /** Invalid command line; nothing was done. */
  usage: 2,
  /** Something external failed, such as an endpoint, a disk or a lock; the same call may succeed later (EX_TEMPFAIL). */
  retryable: 75,
  /** The configuration or a file that it names is wrong; nothing was done, and retrying does not help (EX_CONFIG). */
  config: 78,
  /** Ended by SIGINT, as shells count it. */
  interrupted: 130,
  /** Ended by SIGTERM. */
  terminated: 143,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The exit code for an error: supervisors need to know whether a restart may help. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!isCoded(error)) return exitCodes.failed
  if (error.code === 'OPTION_INVALID') return exitCodes.config
  return error.retryable ? exitCodes.retryable : exitCodes.failed
}

/** A `WatcherError`, or an error that the daemon sent. Recognised by its fields, so that no library has to be loaded. */
function isCoded(error: unknown): error is Error & { readonly code: string; readonly retryable: boolean } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    'retryable' in error &&
    typeof error.retryable === 'boolean'
  )
}
