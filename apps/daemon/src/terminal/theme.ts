import picocolors from 'picocolors'
import type { Channel } from './output.ts'

type Style = (text: string) => string

/** How output looks: styles by meaning instead of colour, and the characters that the terminal can show. */
export interface Theme {
  readonly good: Style
  readonly bad: Style
  readonly busy: Style
  readonly strong: Style
  readonly quiet: Style
  readonly glyphs: Glyphs
}

interface Glyphs {
  readonly good: string
  readonly bad: string
  readonly idle: string
  readonly busy: string
  readonly to: string
  readonly full: string
  readonly empty: string
  readonly ellipsis: string
}

const unicode: Glyphs = {
  good: '✓',
  bad: '✗',
  idle: '·',
  busy: '▸',
  to: '→',
  full: '█',
  empty: '░',
  ellipsis: '…',
}

const ascii: Glyphs = {
  good: '+',
  bad: '!',
  idle: '.',
  busy: '>',
  to: '->',
  full: '#',
  empty: '.',
  ellipsis: '..',
}

export function themeFor({ hasColors, hasUnicode }: Pick<Channel, 'hasColors' | 'hasUnicode'>): Theme {
  const { green, red, yellow, bold, dim } = picocolors.createColors(hasColors)
  return { good: green, bad: red, busy: yellow, strong: bold, quiet: dim, glyphs: hasUnicode ? unicode : ascii }
}
