import fc from 'fast-check'
import { expect, it } from 'vitest'
import { msUntil } from '../../src/async/ms-until.ts'
import { steadyClock } from '../../src/async/steady-clock.ts'

it('never goes back, and passes as the clock behind it does between the times that it is set', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ passes: fc.integer({ min: 0, max: 100_000 }) }),
      fc.record({ jumps: fc.integer({ min: -1e9, max: 1e9 }) }),
    ),
  )
  fc.assert(
    fc.property(steps, (taken) => {
      let behind = 1_000
      const clock = steadyClock({ now: () => behind, sleep: () => Promise.resolve() })
      for (const step of taken) {
        const before = clock.now()
        const ms = 'passes' in step ? step.passes : step.jumps
        behind += ms
        expect(clock.now() - before).toBe(Math.max(0, ms))
      }
    }),
  )
})

it('a wait until an instant takes no longer than twice what it should where the clock is set back by a day', async () => {
  let [behind, passed] = [0, 0]
  const clock = steadyClock({
    now: () => behind,
    async sleep(ms) {
      // Somebody sets it while the first one sleeps.
      behind += passed === 0 ? ms - 86_400_000 : ms
      passed += ms
    },
  })
  const untilMs = clock.now() + 48_000
  for (let left = msUntil(clock, untilMs); left > 0; left = msUntil(clock, untilMs)) await clock.sleep(left)
  expect(passed).toBe(96_000)
})
