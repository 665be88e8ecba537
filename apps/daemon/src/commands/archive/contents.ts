import type { Verification } from '@perun-watcher/store-lmdb'
import type { Theme } from '../../terminal/theme.ts'

/** The report about a store after work on it; the list of damage is bounded. */
export interface Contents extends Omit<Verification, 'damaged'> {
  readonly path: string
  readonly damaged: number
  /** The first damaged entries, as sentences. */
  readonly damages: readonly string[]
}

const damagesTold = 20

export function contentsOf(path: string, { damaged, ...rest }: Verification): Contents {
  const damages = damaged
    .slice(0, damagesTold)
    .map(({ channelId, error }) => `${channelId ?? 'not of a channel'}: ${firstLine(error.message)}`)
  return { path, ...rest, damaged: damaged.length, damages }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

const blocksRead = (cursor: bigint | undefined): string =>
  cursor === undefined ? 'no block read yet' : `newest final block read: ${cursor}`

/** The contents for people. */
export function contentLines(contents: Contents, { good, bad, glyphs }: Theme): readonly string[] {
  const { path, ledgers, channels, kept, mailboxes, attempts, damaged, damages } = contents
  const hidden = damaged - damages.length
  return [
    `${path}, ${ledgers.length === 0 ? 'of no ledger yet' : 'of'}`,
    ...ledgers.map(({ ledgerId, cursor }) => `  ${ledgerId}, ${blocksRead(cursor)}`),
    `  ${channels} channels, ${mailboxes} mailboxes, ${kept} kept states, ${attempts} transactions`,
    damaged === 0
      ? `${good(glyphs.good)} Verified; nothing is damaged.`
      : `${bad(glyphs.bad)} ${damaged} entries are damaged:`,
    ...damages.map((text) => `    ${text}`),
    ...(hidden > 0 ? [`    and ${hidden} more`] : []),
  ]
}
