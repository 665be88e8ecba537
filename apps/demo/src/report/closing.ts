import type { Theme } from '@perun-watcher/daemon/internal'
import { totalOf } from '../assets.ts'
import type { Refused, Summary } from '../demo-event.ts'
import { type Cell, row } from './row.ts'
import { amountsText, versionsText } from './text.ts'
import type { ChannelView, DemoView } from './view.ts'

/** What stays on the screen in the end: what became of everything, and what to do next. Pure. */
export function closing(view: DemoView, theme: Theme): readonly string[] {
  const heads = ['', 'channel', `registered ${theme.glyphs.to} newest`, 'refuted after', 'paid out']
  const wide = [2, 25, 21, 15, 28]
  const { ellipsis } = theme.glyphs
  return [
    row(
      heads.map((text) => ({ text, style: theme.quiet })),
      wide,
      ellipsis,
    ),
    ...view.channels.map((channel) => row(resultCells(channel, theme), wide, ellipsis)),
    ...view.channels.flatMap(({ opened, verdict }) =>
      (verdict?.faults ?? []).map((fault) => theme.bad(`  ${opened.title}: ${fault}`)),
    ),
    '',
    ...refusalLines(view.refusals, theme),
    ...(view.summary === undefined ? [] : summaryLines(view.summary, theme)),
    '',
    ...nextSteps(theme),
  ]
}

function resultCells(channel: ChannelView, theme: Theme): readonly Cell[] {
  const { opened, told, cheated, refutations, payouts, verdict } = channel
  const { glyphs } = theme
  const isGood = verdict?.refuted === true && verdict.balancesRight
  const mark: Cell = isGood ? { text: glyphs.good, style: theme.good } : { text: glyphs.bad, style: theme.bad }
  const versions =
    cheated === undefined
      ? versionsText(told)
      : `${versionsText(cheated.registered)} ${glyphs.to} ${versionsText(cheated.newest)}`
  const slowest = refutations.reduce((most, { secondsUsed }) => (secondsUsed > most ? secondsUsed : most), 0n)
  const time = refutations[0] === undefined ? 'not at all' : `${slowest} s of ${refutations[0].window} s`
  return [
    mark,
    { text: opened.title },
    { text: versions },
    opened.honest
      ? { text: 'left alone', style: theme.quiet }
      : { text: time, style: verdict?.refuted ? undefined : theme.bad },
    verdict?.balancesRight ? { text: amountsText(totalOf(payouts), ', ') } : { text: 'wrong', style: theme.bad },
  ]
}

function refusalLines(refusals: readonly Refused[], theme: Theme): readonly string[] {
  if (refusals.length === 0) return []
  const lines = refusals.map(({ attempt, code, expected }) => {
    const answer: Cell = { text: code ?? 'accepted', style: code === expected ? theme.good : theme.bad }
    return row([{ text: '  ' }, { text: attempt }, answer], [2, 58, 20], theme.glyphs.ellipsis)
  })
  return [theme.quiet('  what the watcher was told in between'), ...lines, '']
}

function summaryLines(summary: Summary, theme: Theme): readonly string[] {
  const { ok, cheats, refuted, balancesRight, honestUntouched, lies, liesRefused, atStake, seconds } = summary
  const balances = balancesRight ? 'Every balance is right.' : 'Balances are wrong.'
  const verdict = `${refuted} of ${cheats} cheats refuted, ${liesRefused} of ${lies} lies refused. ${balances}`
  const stake = ok
    ? `Mallory was after ${amountsText(atStake)} and got none of it.`
    : `${amountsText(atStake)} were at stake.`
  return [
    (ok ? theme.good : theme.bad)(theme.strong(verdict)),
    ...(honestUntouched ? [] : [theme.bad('A channel in which nobody cheated was touched.')]),
    `${stake} It took ${seconds} s.`,
  ]
}

function nextSteps(theme: Theme): readonly string[] {
  return [
    theme.strong('What to do next'),
    '  Guard a channel of your own   README.md, from examples/guard-a-channel: about 20 lines',
    '  The same through ethers       npx pnpm@10.34.9 demo --chain ethers',
    "  On Perun's own contracts      npx pnpm@10.34.9 demo --contract real, where there is Go",
    '  All of it as data             npx pnpm@10.34.9 demo --json',
    '  When something is refused     docs/errors.md: every code with its remedy',
  ]
}
