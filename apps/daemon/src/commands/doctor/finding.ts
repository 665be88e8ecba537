import { isWatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'

/** The result of one check. */
export interface Finding {
  /** Stable name of the check for programs: what was checked, and which of several. */
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail'
  /** One sentence for people, with the values that matter. */
  readonly found: string
  /** What to do; always set unless the status is `ok`. */
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

/** The finding of a check that failed with an error; our own errors have a remedy. */
export function failedBy(check: string, error: unknown, remedy = 'See the message of the system.'): Finding {
  if (!isWatcherError(error)) return fail(check, toError(error).message, remedy)
  return fail(check, [error.shortMessage, ...error.details].join(' '), error.remedy)
}

/** A check that was skipped because a setting is missing. */
export const notTaken = (check: string, missing: string): Finding =>
  warn(check, `Not checked: ${missing} is not set.`, `Set ${missing} and run the doctor again.`)
