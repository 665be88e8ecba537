import { describe, expect, it } from 'vitest'
import { runSeed } from '../src/run/run-seed.ts'

describe('a run', () => {
  it('is decided by its seed alone', async () => {
    const [first, second] = [await runSeed(5, { keepsTrace: true }), await runSeed(5, { keepsTrace: true })]
    expect(second).toEqual(first)
    expect(first.trace.length).toBeGreaterThan(100)
  })

  it.each(['calm', 'reorgs', 'feeSpikes', 'outage', 'crashes', 'zeroBloom', 'slow'] as const)(
    'keeps every promise where nothing but this goes wrong: %s',
    async (theme) => {
      const { violations, met } = await runSeed(7, { theme, tempo: 'ethereum', isPure: true })
      expect(violations).toEqual([])
      expect(met.get('refuted')).toBeGreaterThan(0)
    },
  )
})
