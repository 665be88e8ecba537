/** How `perun-watcher` ends; part of its interface, see the README. */
export const exitCodes = {
  ok: 0,
  /** The command ran and what it was to do did not succeed, or something unexpected happened. */
  failed: 1,
  /** It was called in a wrong way; nothing was done. */
  usage: 2,
  /** Something outside failed, and the same call may succeed later: an endpoint, a disk, a lock (EX_TEMPFAIL). */
  retryable: 75,
  /** The configuration or a file that it names is wrong; nothing was done, and nothing gets better by itself (EX_CONFIG). */
  config: 78,
  /** Ended by SIGINT, as shells count it. */
  interrupted: 130,
  /** Ended by SIGTERM. */
  terminated: 143,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** How a program ends that an error ended: supervisors need to know whether starting it again may help. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!isCoded(error)) return exitCodes.failed
  if (error.code === 'OPTION_INVALID') return exitCodes.config
  return error.retryable ? exitCodes.retryable : exitCodes.failed
}

/** An error of ours, or one that the daemon sent; told by its fields, so that this needs no library. */
function isCoded(error: unknown): error is Error & { readonly code: string; readonly retryable: boolean } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    'retryable' in error &&
    typeof error.retryable === 'boolean'
  )
}
