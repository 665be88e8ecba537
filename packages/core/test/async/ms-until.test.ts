import { expect, test } from 'vitest'
import { msUntil } from '../../src/async/ms-until.ts'

test('what is left of a wait is whole milliseconds, so that a loop that sleeps comes to its end', () => {
  // A clock that knows no less than a millisecond, as some do.
  let now = 0
  const sleep = (ms: number): void => {
    now += Math.floor(ms)
  }
  let naps = 0
  for (let left = msUntil({ now: () => now }, 10.25); left > 0; left = msUntil({ now: () => now }, 10.25)) {
    sleep(left)
    naps += 1
    expect(naps).toBeLessThan(10)
  }
  expect(now).toBe(11)
  expect(msUntil({ now: () => 5 }, 5)).toBe(0)
  expect(msUntil({ now: () => 7 }, 5)).toBe(-2)
})
