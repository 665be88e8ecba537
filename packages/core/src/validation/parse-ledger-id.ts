import type { LedgerId } from '../model/brand.ts'
import { malformed } from './parse-hex.ts'

/** @throws WatcherError `STATE_MALFORMED` */
export function parseLedgerId(value: unknown, path = 'ledger id'): LedgerId {
  if (typeof value === 'string' && /^[!-~]{1,256}$/.test(value)) return value as LedgerId
  throw malformed(path, '1 to 256 visible ASCII characters', value)
}
