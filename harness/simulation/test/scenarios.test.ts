import { dice } from '@perun-watcher/harness-kit/dice'
import { describe, expect, it } from 'vitest'
import { runSeed } from '../src/run/run-seed.ts'
import { drawScenario, scenarios } from '../src/scenarios/draw-scenario.ts'

/** The first seed that leads into a scenario in good weather. */
function seedOf(name: string): number {
  for (let seed = 1; ; seed++) {
    const drawn = drawScenario(dice(seed).fork('scenario'))
    if (drawn?.scenario.name === name && drawn.isCalm) return seed
  }
}

describe('a scenario', () => {
  it.each(scenarios.map(({ name }) => name))('%s: comes to its end, and no promise is broken', async (name) => {
    const { violations, met } = await runSeed(seedOf(name))
    expect(violations).toEqual([])
    expect([...met.keys()]).toContain(name)
  })
})
