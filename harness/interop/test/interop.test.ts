import { perunBytecode } from '@perun-watcher/real'
import { describe, expect, it } from 'vitest'
import { parseLine } from '../src/lines.ts'
import { playAll } from '../src/play-all.ts'
import { scenarios } from '../src/scenarios.ts'
import { summaryOf } from '../src/summary.ts'

/** The first build compiles go-ethereum. */
const patience = 15 * 60_000

it('defends real go-perun clients', { timeout: patience }, async ({ skip }) => {
  const bytecode = await perunBytecode()
  if ('missing' in bytecode) return skip(bytecode.missing)
  const results = await playAll({
    scenarios: scenarios.filter(({ name }) => name === 'ledger-old-state'),
    kinds: ['daemon'],
    jobs: 1,
    signal: new AbortController().signal,
    onResult: () => {},
  })
  expect(results.map(({ verdict }) => verdict)).toMatchObject([{ verdict: 'passed' }])
})

describe('what the program says', () => {
  it('is a verdict or a request, and nothing else', () => {
    expect(parseLine('{"verdict":"passed","blocks":2}')).toEqual({ verdict: 'passed', blocks: 2 })
    expect(parseLine('{"do":"skip","skip":60}')).toMatchObject({ do: 'skip', skip: 60 })
    expect(() => parseLine('{"verdict":"perhaps"}')).toThrow('Neither a request nor a verdict')
  })
})

describe('the numbers of a run', () => {
  it('do not count what was skipped as passed', () => {
    const of = { kind: 'go-perun', log: '', seconds: 0 } as const
    const summary = summaryOf([
      { ...of, name: 'a', verdict: { verdict: 'passed', blocks: 1 } },
      { ...of, name: 'b', verdict: { verdict: 'skipped', reason: 'no daemon' } },
      { ...of, name: 'c', verdict: { verdict: 'failed', reason: 'nobody refuted' } },
    ])
    expect(summary).toMatchObject({ scenarios: 3, passed: 1, failed: 1, skipped: 1, blocks: { a: 1 }, failures: ['c'] })
  })
})
