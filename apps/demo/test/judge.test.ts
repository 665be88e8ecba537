import { expect, test } from 'vitest'
import { type Findings, judge, type Standing, summarize } from '../src/judge.ts'
import { story } from './support/events.ts'

const newest = { version: 3n, stateHash: '0x03' } as const
const standing: Standing = { channel: 'ledger', newest, record: newest, isCheated: true, isToldRefuted: true }
const good: Findings = { scenario: 'old', honest: false, standings: [standing], payouts: [story.paid] }
const honest: Findings = { ...good, scenario: 'honest', honest: true, standings: [{ ...standing, record: undefined }] }

const atStake = { ETH: 1n, PRN: 1n }
const course = {
  chain: 'viem',
  contract: 'devnet',
  refusals: [story.refused],
  atStake,
  blocks: 1n,
  seconds: 1,
} as const

function summaryOf(...findings: readonly Findings[]): ReturnType<typeof summarize> {
  return summarize({ ...course, verdicts: findings.map(judge) })
}

test('a cheat counts as refuted when the newest state stood and the watcher said so', () => {
  expect(judge(good)).toMatchObject({ refuted: true, balancesRight: true, faults: [] })
})

test.each<[string, Partial<Standing>]>([
  ['an older state stood', { record: { version: 2n, stateHash: '0x02' } }],
  ['another state of the same version stood', { record: { version: 3n, stateHash: '0x33' } }],
  ['nothing stood', { record: undefined }],
  ['the watcher did not tell', { isToldRefuted: false }],
])('a cheat is not refuted if %s', (_, change) => {
  const verdict = judge({ ...good, standings: [standing, { ...standing, ...change }] })
  expect(verdict.refuted).toBe(false)
  expect(verdict.faults).toHaveLength(1)
  expect(summaryOf(good, { ...good, standings: [{ ...standing, ...change }] })).toMatchObject({
    ok: false,
    cheats: 2,
    refuted: 1,
  })
})

test('a newer state than ours is as good', () => {
  const standings = [{ ...standing, record: { version: 4n, stateHash: '0x04' } as const }]
  expect(judge({ ...good, standings }).refuted).toBe(true)
})

test.each([
  ['too little', { amount: story.paid.expected - 1n }],
  ['too much', { amount: story.paid.expected + 1n }],
  ['the rest left behind', { kept: 1n }],
])('a balance is wrong with %s', (_, change) => {
  const wrong = { ...good, payouts: [story.paid, { ...story.paid, ...change }] }
  expect(judge(wrong)).toMatchObject({ refuted: true, balancesRight: false })
  expect(summaryOf(wrong)).toMatchObject({ ok: false, refuted: 1, balancesRight: false })
})

test('each asset is compared for itself', () => {
  const payouts = [story.paid, { ...story.paidTokens, amount: 449n, expected: 450n, kept: 1n }]
  expect(judge({ ...good, payouts }).faults).toEqual([
    'Alice got 449 wei of PRN from the ledger channel, not 450',
    "1 wei of Alice's PRN are left in the ledger channel",
  ])
})

test('a channel that nobody was paid from is not right', () => {
  expect(judge({ ...good, payouts: [] }).balancesRight).toBe(false)
})

test('an honest channel must not be touched, and is no cheat', () => {
  expect(summaryOf(good, honest)).toMatchObject({ ok: true, cheats: 1, refuted: 1, honestUntouched: true })
  const touched = { ...honest, standings: [standing] }
  expect(summaryOf(good, touched)).toMatchObject({ ok: false, cheats: 1, refuted: 1, honestUntouched: false })
})

test('a lie that is believed, or refused for another reason, fails the demo', () => {
  const verdicts = [judge(good)]
  const accepted = { ...story.refused, code: undefined }
  const confused = { ...story.refused, code: 'STATE_MALFORMED' }
  expect(summarize({ ...course, verdicts }).ok).toBe(true)
  for (const refusal of [accepted, confused]) {
    expect(summarize({ ...course, verdicts, refusals: [story.refused, refusal] })).toMatchObject({
      ok: false,
      lies: 2,
      liesRefused: 1,
    })
  }
})
