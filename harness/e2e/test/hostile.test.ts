import { describe, expect, it } from 'vitest'
import { attackNames } from '../src/hostile/attack-names.ts'
import { runHostile } from '../src/hostile/run-hostile.ts'

describe('hostile clients', { timeout: 900_000 }, () => {
  it('neither end the daemon nor fill it, honest ones are served beside them, and a cheat is refuted meanwhile', async ({
    annotate,
    signal,
  }) => {
    const result = await runHostile({ seconds: 20, rounds: 2, seed: 1, signal })
    await annotate(JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
    expect(result.violations).toEqual([])
    expect(result.rounds).toBeGreaterThanOrEqual(2)
    // Each attack reached the daemon, or it would have proved nothing.
    expect(attackNames.filter((name) => !((result.sent[name] ?? 0) > 0))).toEqual([])
    if (process.platform === 'linux') expect(result.memory.after?.mostMiB).toBeGreaterThan(0)
  })
})
