import { WatcherError } from '../errors/watcher-error.ts'
import type { ClientName } from '../model/brand.ts'

const namePattern = /^[\x21-\x7e]{1,128}$/

/**
 * 1 to 128 visible ASCII characters, without spaces.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export function parseClientName(value: unknown): ClientName {
  if (typeof value === 'string' && namePattern.test(value)) return value as ClientName
  throw new WatcherError('OPTION_INVALID', 'The client name must be 1 to 128 visible ASCII characters.', {
    details: [`Got ${typeof value === 'string' ? JSON.stringify(value.slice(0, 140)) : typeof value}.`],
  })
}

/** The client of an engine that has only one. */
export const localClient = parseClientName('local')
