import type { WatcherError } from '@perun-watcher/core'

/**
 * Whether a refused request is repeated until it succeeds. What only somebody can mend who hears of it is not: a quota
 * does not grow by waiting.
 */
export function isRepeated({ retryable, code }: WatcherError): boolean {
  return retryable && code !== 'QUOTA_EXCEEDED'
}
