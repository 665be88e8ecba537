import { stripVTControlCharacters } from 'node:util'
import { themeFor } from '@perun-watcher/daemon/internal'
import { expect, test } from 'vitest'
import type { DemoEvent } from '../../src/demo-event.ts'
import { frame } from '../../src/report/frame.ts'
import { beginning, story, viewOf } from '../support/events.ts'

const plain = themeFor({ hasColors: false, hasUnicode: true })

function shown(events: readonly DemoEvent[], columns = 80, theme = plain): string {
  return frame(viewOf(...events), [], theme, columns)
    .join('\n')
    .trimEnd()
}

const cheated = [...beginning, story.cheating, story.cheated, story.later]

test('a cheat shows what was registered and how long the window is open', () => {
  expect(shown(cheated)).toBe(`\
perun-watcher demo                           viem   block 9   chain time +02:42
Mallory registers old states, all in one block.

  channel                  newest cheat answer in       window        paid
✗ Old ledger state         3      1                     ███░░░ 150 s
· Honest channel                  none`)
})

test('a refutation shows what stands now, and where', () => {
  expect(shown([...cheated, story.refuted])).toContain(
    '▸ Old ledger state         3      1     3      0xab12cd ███░░░ 150 s',
  )
})

test('an old tree is not refuted before all of it is', () => {
  const { cheated: root } = story
  const tree: DemoEvent = {
    ...root,
    registered: [...root.registered, { channel: 'sub', version: 0n }],
    newest: [...root.newest, { channel: 'sub', version: 5n }],
  }
  const events = [...beginning, tree, story.later, story.refuted]
  expect(shown(events)).toContain('✗ Old ledger state')
  expect(shown([...events, { ...story.refuted, channel: 'sub', version: 5n }])).toContain('▸ Old ledger state')
})

test('the end shows who concluded and what was paid out', () => {
  const events = [...cheated, story.refuted, story.concluded, story.paid, story.verdict]
  expect(shown(events)).toContain('✓ Old ledger state         3      1     3      0xab12cd by Mallory    9 ETH')
})

test('what was paid out of two assets is told in full where there is room, else what it is of', () => {
  const events = [...cheated, story.paid, story.paidTokens, story.verdict]
  expect(shown(events)).toMatch(/✓ Old ledger state .* ETH, PRN$/m)
  const wrong = { ...story.paidTokens, kept: 1n }
  expect(shown([...events, wrong])).toMatch(/✓ Old ledger state .* wrong$/m)
})

test('a wrong balance is told', () => {
  const wrong = { ...story.paid, amount: 1n }
  expect(shown([...cheated, wrong, { ...story.verdict, balancesRight: false }])).toMatch(
    /✗ Old ledger state .* wrong$/m,
  )
})

test.each([30, 40, 60, 80, 100, 200])('no line is wider than a terminal of %i columns', (columns) => {
  const events = [...cheated, story.refuted]
  const lines = frame(viewOf(...events), ['x'.repeat(300)], themeFor({ hasColors: true, hasUnicode: true }), columns)
  const widest = Math.max(...lines.map((line) => stripVTControlCharacters(line).length))
  expect(widest).toBeLessThan(columns)
})

test('a wide terminal gets a longer bar, a narrow one keeps what matters', () => {
  expect(shown(cheated, 120)).toMatch(/█{16}░{16}/)
  expect(shown(cheated, 60)).toContain('✗ Old ledger state         1            ██████░░░░░ 150 s')
})

test('terminals without Unicode get ASCII', () => {
  const text = shown([...cheated, story.refuted], 80, themeFor({ hasColors: false, hasUnicode: false }))
  expect([...text].every((character) => character.charCodeAt(0) < 128)).toBe(true)
  expect(text).toContain('###... 150 s')
})
