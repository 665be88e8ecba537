import { describe, expect, it } from 'vitest'
import { runHostile } from '../src/hostile/run-hostile.ts'

describe('hostile clients', { timeout: 900_000 }, () => {
  it('neither end the daemon nor fill it, honest ones are served beside them, and a cheat is refuted meanwhile', async ({
    annotate,
    signal,
  }) => {
    const result = await runHostile({ seconds: 20, rounds: 2, seed: 1, signal })
    await annotate(JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
    expect(result.violations).toEqual([])
  })
})
