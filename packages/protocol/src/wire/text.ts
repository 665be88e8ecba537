import { violation } from './violation.ts'

const asciiPattern = /^[\x20-\x7e]*$/

/** Control characters, bidirectional overrides, line separators and lone surrogates. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu

/** Text made fit for logs and the wire: a single line of at most `length` characters. */
export function boundedText(text: string, length: number): string {
  const cut = text.length > length ? `${text.slice(0, length - 1)}…` : text
  return cut.replace(unprintable, ' ')
}

export const isAscii = (text: string, length: number): boolean => text.length <= length && asciiPattern.test(text)

/** @throws WatcherError `PROTOCOL_VIOLATION` */
export function parseAscii(text: string, path: string, length: number): string {
  if (isAscii(text, length)) return text
  throw violation(`${path} must be at most ${length} bytes of visible ASCII`)
}
