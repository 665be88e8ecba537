import { describe, expect, it } from 'vitest'
import { modelChain, testChannel } from '../../../src/testing/index.ts'
import { refusedSizes } from '../../../src/watcher/disputes/refused-sizes.ts'

describe('trees that were refused as too large', () => {
  it.each([1, 5, 12])('D7: %i times long ago make one more refusal count no longer than the first did', (times) => {
    let estimate = 1_000_000n
    const backend = modelChain()
    const sizes = refusedSizes({
      backend,
      chainClock: {
        get estimate() {
          return estimate
        },
      },
    })
    const channel = testChannel()
    const isLimited = (): boolean => sizes.roomFor(channel.id) !== backend
    /** @returns for how many seconds it counts. */
    function refuse(): bigint {
      sizes.note(channel.id, [channel.signed(1n)])
      const from = estimate
      while (isLimited()) estimate += 10n
      return estimate - from
    }
    const first = refuse()
    let last = first
    for (let time = 1; time < times; time++) last = refuse()
    // While it is refused again and again it is tried ever more rarely.
    if (times > 1) expect(last).toBeGreaterThan(first)
    estimate += 86_400n
    expect(refuse()).toBe(first)
  })
})
