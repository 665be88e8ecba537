import { WatcherError } from '@perun-watcher/core'

/** @param rule the rule that the other side broke, a sentence without its full stop. */
export function violation(rule: string, cause?: unknown): WatcherError {
  return new WatcherError('PROTOCOL_VIOLATION', 'The other side sent what the protocol does not allow.', {
    details: [`${rule}.`],
    cause,
  })
}
