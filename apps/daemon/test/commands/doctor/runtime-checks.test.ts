import { expect, test } from 'vitest'
import { judgeNode, judgeSignatureEngine } from '../../../src/commands/doctor/runtime-checks.ts'

const at = (date: string): number => Date.parse(date) / 1_000

test.each([
  ['20.19.0', '2026-04-01', 'ok', /repaired until 2026-04-30/],
  ['20.19.0', '2026-11-30', 'warn', /no repairs since 2026-04-30/],
  ['22.1.0', '2026-11-30', 'ok', /2027-04-30/],
  ['21.7.0', '2024-02-01', 'warn', /long-term support/],
  ['18.20.0', '2025-01-01', 'warn', /long-term support/],
  ['30.0.0', '2030-01-01', 'ok', /^Node 30\.0\.0\.$/],
])('Node %s on %s: %s', (version, date, status, found) => {
  expect(judgeNode(version, at(date))).toMatchObject({ status, found: expect.stringMatching(found) })
})

test('what to install is a line that gets repairs on that day', () => {
  expect(judgeNode('20.0.0', at('2026-11-30')).remedy).toContain('Node 22')
  expect(judgeNode('22.0.0', at('2027-11-30')).remedy).toContain('Node 24')
})

test('JavaScript in the place of libsecp256k1 is told, with the machine that it is for', () => {
  expect(judgeSignatureEngine('native', 'linux', 'x64').status).toBe('ok')
  expect(judgeSignatureEngine('javascript', 'linux', 'arm64')).toMatchObject({
    status: 'warn',
    found: expect.stringContaining('linux-arm64'),
  })
})
