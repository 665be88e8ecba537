import { WatcherError } from '../errors/watcher-error.ts'

/**
 * How much of something is kept at most: a whole number of at least 1.
 *
 * @param name of the option, for the error.
 * @throws WatcherError `OPTION_INVALID`
 */
export function parseLimit(value: number, name: string): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new WatcherError('OPTION_INVALID', `${name} must be a whole number of at least 1.`, {
    details: [`Got ${value}.`],
  })
}
