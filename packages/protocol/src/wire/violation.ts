import { WatcherError } from '@perun-watcher/core'

/** @param rule that the other side broke, as the first half of a sentence; ends up in a constant place of the message. */
export function violation(rule: string, cause?: unknown): WatcherError {
  return new WatcherError('PROTOCOL_VIOLATION', 'The other side sent what the protocol does not allow.', {
    details: [`${rule}.`],
    cause,
  })
}
