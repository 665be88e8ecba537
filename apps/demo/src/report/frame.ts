import type { Theme } from '@perun-watcher/daemon/internal'
import { totalOf } from '../assets.ts'
import { type Cell, fit, row } from './row.ts'
import { actSentence } from './sentence.ts'
import { amountsText, shortHash, sinceText, versionsText } from './text.ts'
import { type ChannelView, type DemoView, openThreats } from './view.ts'

interface Column {
  readonly title: string
  /** Columns of the terminal that it takes at least, its distance to the next one included. */
  readonly width: number
  /** What is left out first where the terminal is narrow: the lowest. */
  readonly rank: number
  readonly cell: (channel: ChannelView, context: Context) => Cell
}

interface Context {
  readonly view: DemoView
  readonly theme: Theme
  readonly width: number
}

const columns: readonly Column[] = [
  { title: '', width: 2, rank: 9, cell: markCell },
  { title: 'channel', width: 25, rank: 9, cell: ({ opened }) => ({ text: opened.title }) },
  { title: 'newest', width: 7, rank: 2, cell: ({ told }) => ({ text: versionsText(told) }) },
  { title: 'cheat', width: 6, rank: 7, cell: cheatCell },
  { title: 'answer', width: 7, rank: 8, cell: answerCell },
  { title: 'in', width: 9, rank: 1, cell: transactionCell },
  { title: 'window', width: 14, rank: 5, cell: windowCell },
  { title: 'paid', width: 9, rank: 3, cell: paidCell },
]

/** Where the last column but one may grow to. */
const widestBar = 40

/** What the terminal shows of a moment: one line per channel. Pure. */
export function frame(
  view: DemoView,
  latest: readonly string[],
  theme: Theme,
  terminalWidth: number,
): readonly string[] {
  const width = Math.max(20, terminalWidth - 1)
  const shown = columnsFor(width)
  const widths = shown.map((column) => column.width)
  const { ellipsis } = theme.glyphs
  const heads = shown.map(({ title }) => ({ text: title, style: theme.quiet }))
  return [
    ...header(view, theme, width),
    '',
    row(heads, widths, ellipsis),
    ...view.channels.map((channel) =>
      row(
        shown.map((column) => column.cell(channel, { view, theme, width: column.width })),
        widths,
        ellipsis,
      ),
    ),
    '',
    ...latest.map((line) => theme.quiet(fit(line, width, ellipsis).trimEnd())),
  ]
}

function columnsFor(width: number): readonly Column[] {
  let shown = columns
  while (total(shown) > width && shown.length > 2) {
    const least = shown.reduce((lowest, column) => (column.rank < lowest.rank ? column : lowest))
    shown = shown.filter((column) => column !== least)
  }
  const room = Math.max(0, width - total(shown))
  return shown.map((column) =>
    column.cell === windowCell ? { ...column, width: Math.min(widestBar, column.width + room) } : column,
  )
}

function total(shown: readonly Column[]): number {
  return shown.reduce((sum, { width }) => sum + width, 0)
}

function header({ started, act, block, since }: DemoView, theme: Theme, width: number): readonly string[] {
  const name = 'perun-watcher demo'
  const time = block === undefined || since === undefined ? '' : `chain time ${sinceText(block.timestamp - since)}`
  const facts = [started?.chain ?? '', block === undefined ? '' : `block ${block.number}`, time]
  const right = facts.filter((fact) => fact !== '').join('   ')
  const gap = ' '.repeat(Math.max(2, width - name.length - right.length))
  const what = act === undefined ? 'Starting a chain' : actSentence(act)
  return [
    `${theme.strong(name)}${theme.quiet(fit(`${gap}${right}`, width - name.length, '').trimEnd())}`,
    fit(what, width, theme.glyphs.ellipsis).trimEnd(),
  ]
}

function markCell(channel: ChannelView, { theme }: Context): Cell {
  const { good, bad, idle, busy } = theme.glyphs
  const { verdict, cheated } = channel
  if (verdict !== undefined) {
    const isGood = verdict.refuted && verdict.balancesRight
    return isGood ? { text: good, style: theme.good } : { text: bad, style: theme.bad }
  }
  if (cheated === undefined) return { text: idle, style: theme.quiet }
  return openThreats(channel).length > 0 ? { text: bad, style: theme.bad } : { text: busy, style: theme.good }
}

function cheatCell({ opened, cheated }: ChannelView, { theme }: Context): Cell {
  if (opened.honest) return { text: 'none', style: theme.quiet }
  if (cheated === undefined) return { text: '' }
  return { text: versionsText(cheated.registered), style: theme.bad }
}

function answerCell(channel: ChannelView, { theme }: Context): Cell {
  const { cheated, refutations } = channel
  if (cheated === undefined || refutations.length === 0) return { text: '' }
  const isWhole = openThreats(channel).length === 0
  return { text: versionsText(cheated.newest), style: isWhole ? theme.good : theme.busy }
}

function transactionCell({ refutations }: ChannelView, { theme }: Context): Cell {
  const hash = refutations[0]?.transactionHash
  return { text: hash === undefined ? '' : shortHash(hash), style: theme.quiet }
}

function windowCell(channel: ChannelView, { view, theme, width }: Context): Cell {
  const { cheated, concluded, isSettled } = channel
  const last = concluded.at(-1)
  if (last !== undefined) return { text: `by ${last.by}`, style: theme.quiet }
  if (isSettled) return { text: 'concluded', style: theme.quiet }
  const window = view.started?.window
  if (cheated === undefined || window === undefined || view.block === undefined) return { text: '' }
  const left = cheated.timeout - view.block.timestamp
  if (left <= 0n) return { text: 'closed', style: theme.quiet }
  const label = `${left} s`.padStart(6)
  const cells = width - label.length - 2
  const full = Math.min(cells, Math.ceil((cells * Number(left)) / Number(window)))
  const bar = theme.glyphs.full.repeat(full) + theme.glyphs.empty.repeat(cells - full)
  return { text: `${bar}${label}`, style: openThreats(channel).length > 0 ? theme.busy : theme.good }
}

function paidCell({ payouts }: ChannelView, { theme, width }: Context): Cell {
  if (payouts.length === 0) return { text: '' }
  const isRight = payouts.every(({ amount, expected, kept }) => amount === expected && kept === 0n)
  if (!isRight) return { text: 'wrong', style: theme.bad }
  const text = amountsText(totalOf(payouts), ', ')
  // Where there is no room for two amounts, what they are of.
  const symbols = [...new Set(payouts.map(({ asset }) => asset))].join(', ')
  return { text: text.length > width ? symbols : text, style: theme.good }
}
