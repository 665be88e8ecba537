import { isWatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'

/** What one look of the doctor found. */
export interface Finding {
  /** Stable name of the check, for programs: what was looked at, and which of several. */
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail'
  /** One sentence for people, with the values that matter. */
  readonly found: string
  /** What to do; there is one unless all is well. */
  readonly remedy?: string
}

export const ok = (check: string, found: string): Finding => ({ check, status: 'ok', found })

export const warn = (check: string, found: string, remedy: string): Finding => ({
  check,
  status: 'warn',
  found,
  remedy,
})

export const fail = (check: string, found: string, remedy: string): Finding => ({
  check,
  status: 'fail',
  found,
  remedy,
})

/** What a failed look says: our own errors bring their remedy along. */
export function failedBy(check: string, error: unknown, remedy = 'Read what the system said.'): Finding {
  if (!isWatcherError(error)) return fail(check, toError(error).message, remedy)
  return fail(check, [error.shortMessage, ...error.details].join(' '), error.remedy)
}

/** A look that could not be taken, because the configuration does not say enough. */
export const notTaken = (check: string, missing: string): Finding =>
  warn(check, `Not checked: ${missing} is not set.`, `Set ${missing}, and run the doctor again.`)
