import { describe, expect, it } from 'vitest'
import { countTests, summary } from '../lib/test-report.mjs'

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
})

describe('the line that counts the tests', () => {
  it('adds up all files', () => {
    const counts = countTests(
      { testResults: [file('passed', 'passed', 'pending', 'todo'), file('failed', 'failed', 'failed', 'passed')] },
      1,
    )
    expect(summary(counts)).toBe('2 passed, 2 failed, 2 skipped')
  })

  it('leaves out skipped tests when there are none', () => {
    expect(summary(countTests({ testResults: [file('passed', 'passed')] }, 0))).toBe('1 passed, 0 failed')
  })

  it('counts a file that could not be loaded as a failure', () => {
    expect(summary(countTests({ testResults: [file('failed')] }, 1))).toBe('0 passed, 1 failed')
  })

  it('never says "0 failed" when a step failed', () => {
    expect(summary(countTests(undefined, 2))).toBe('0 passed, 2 failed')
    expect(summary(countTests({ testResults: [file('passed', 'passed')] }, 1))).toBe('1 passed, 1 failed')
  })
})
