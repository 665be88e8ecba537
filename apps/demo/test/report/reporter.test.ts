import { expect, test } from 'vitest'
import { captured, capturedOutput } from '../../../daemon/test/support/capture.ts'
import { jsonReporter, liveReporter, plainReporter } from '../../src/report/reporter.ts'
import { beginning, story } from '../support/events.ts'

const { cheating, cheated, later, refuted, concluded, verdict, refused, paid, paidTokens, summary } = story
const events = [...beginning, refused, cheating, cheated, later, refuted, concluded, paid, paidTokens, verdict, summary]

test('logs get one line for each thing that happened, with the time on the chain', () => {
  const out = captured()
  const reporter = plainReporter(out)
  for (const event of events) reporter.onEvent(event)
  const text = out.text()
  expect(text.slice(0, text.indexOf('\n\n  channel'))).toBe(`\
+00:00  One watcher, through viem, on chain 31337 with the devnet's contracts; challenge windows of 300 s.
+00:00  Old ledger state          Refused an older state: VERSION_STALE

+00:00  Mallory registers old states, all in one block.
+00:00  Old ledger state          Mallory registers 1, the newest is 3, from within another contract
+02:42  Old ledger state          Refuted: ledger 3 after 36 s of 300 s (0xab12cd)
+02:42  Old ledger state          Concluded by Mallory with 3
+02:42  Old ledger state          Paid out: Alice 9 ETH and 450 PRN`)
  expect(text).not.toContain('\u001B')
})

test('programs get one JSON object per line on standard output, the last one the summary', () => {
  const output = capturedOutput()
  const reporter = jsonReporter(output)
  for (const event of events) reporter.onEvent(event)
  const lines = output.out.text().trimEnd().split('\n')
  expect(lines).toHaveLength(events.length)
  expect(lines.map((line) => JSON.parse(line).type)).toEqual(events.map(({ type }) => type))
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'summary', cheats: 1, refuted: 1, balancesRight: true })
  expect(output.err.text()).toContain('1 of 1 cheats refuted')
})

test('amounts, versions and times are decimal strings in JSON, because they exceed its numbers', () => {
  const output = capturedOutput()
  jsonReporter(output).onEvent(cheated)
  expect(JSON.parse(output.out.text())).toMatchObject({
    registered: [{ version: '1' }],
    timeout: '1312',
    gain: { ETH: '4000000000000000000', PRN: '0' },
  })
})

test('a terminal is drawn over in place, never further up than it is high', () => {
  const out = captured({ isLive: true, hasColors: true, rows: () => 6 })
  const reporter = liveReporter(out)
  for (const event of events.slice(0, -1)) reporter.onEvent(event)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what moves the cursor is one
  const jumps = [...out.text().matchAll(/\u001B\[(\d+)A/g)].map(([, lines]) => Number(lines))
  expect(jumps).toHaveLength(events.length - 1)
  expect(Math.max(...jumps)).toBe(5)
})
