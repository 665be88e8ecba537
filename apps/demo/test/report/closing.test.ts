import { readFileSync } from 'node:fs'
import { themeFor } from '@perun-watcher/daemon/internal'
import { expect, test } from 'vitest'
import { closing } from '../../src/report/closing.ts'
import { beginning, story, viewOf } from '../support/events.ts'

const theme = themeFor({ hasColors: false, hasUnicode: true })
const { cheated, refuted, paid, paidTokens, verdict, refused, summary } = story
const honest = { ...verdict, scenario: 'honest', honest: true }

test('the results: what was tried, when it was refuted, and that everybody was paid right', () => {
  const view = viewOf(...beginning, refused, cheated, refuted, paid, paidTokens, verdict, honest, summary)
  const lines = closing(view, theme)
  expect(lines.slice(0, lines.indexOf('What to do next')).join('\n').trimEnd()).toBe(`\
  channel                  registered → newest  refuted after  paid out
✓ Old ledger state         1 → 3                36 s of 300 s  9 ETH, 450 PRN
✓ Honest channel                                left alone     0 ETH

  what the watcher was told in between
  an older state                                            VERSION_STALE

1 of 1 cheats refuted, 1 of 1 lies refused. Every balance is right.
Mallory was after 4 ETH and 450 PRN and got none of it. It took 5.5 s.`)
})

test('what went wrong is said, with the numbers', () => {
  const faults = ['version 1 of the ledger channel stood, the newest is 3']
  const failed = { ...verdict, refuted: false, balancesRight: false, faults }
  const text = closing(
    viewOf(...beginning, cheated, failed, honest, { ...summary, ok: false, refuted: 0, balancesRight: false }),
    theme,
  ).join('\n')
  expect(text).toContain('✗ Old ledger state         1 → 3                not at all     wrong')
  expect(text).toContain('Old ledger state: version 1 of the ledger channel stood, the newest is 3')
  expect(text).toContain('0 of 1 cheats refuted')
  expect(text).not.toContain('got none of it')
})

test('what to do next names commands that work in a clone', () => {
  const { packageManager, scripts } = JSON.parse(
    readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'),
  )
  const [command] = closing(viewOf(...beginning, summary), theme).flatMap(
    (line) => /npx (\S+) (demo) --chain/.exec(line) ?? [],
  )
  expect(command).toBe(`npx ${packageManager} demo --chain`)
  expect(scripts).toHaveProperty('demo')
})
