import { describe, expect, it } from 'vitest'
import type { Block } from '../../../src/index.ts'
import { genesis } from '../../../src/testing/model-blocks.ts'
import { chainClock } from '../../../src/watcher/chain/chain-clock.ts'

/** A chain's clock that was told these, each with the milliseconds by the clock. */
function told(...heads: readonly (readonly [number: bigint, timestamp: bigint, ms: number])[]) {
  const time = { ms: 0 }
  const clock = chainClock({ now: () => time.ms })
  for (const [number, timestamp, ms] of heads) {
    time.ms = ms
    const head: Block = { number, hash: genesis.hash, timestamp }
    clock.advance(head, undefined)
  }
  return {
    otherTimesAt(ms: number) {
      time.ms = ms
      return clock.otherTimes
    },
  }
}

describe('other times than that of the newest block', () => {
  it('are none at its sight, and none before there is one', () => {
    expect(told().otherTimesAt(5_000)).toEqual([])
    expect(told([1n, 100n, 0], [2n, 160n, 0]).otherTimesAt(0)).toEqual([])
  })

  it('are that of the clock, once time has passed', () => {
    expect(told([1n, 100n, 0]).otherTimesAt(7_500)).toEqual([107n])
  })

  it('are what it should be by the blocks before, where it has leapt', () => {
    expect(told([1n, 100n, 0], [2n, 9_000n, 12_000]).otherTimesAt(12_000)).toEqual([112n])
    expect(told([1n, 100n, 0], [2n, 9_000n, 12_000]).otherTimesAt(20_000)).toEqual([9_008n, 120n])
    expect(told([1n, 100n, 0], [2n, 99n, 12_000]).otherTimesAt(12_000)).toEqual([112n])
  })

  it('are that no more, once a block confirms it', () => {
    expect(told([1n, 100n, 0], [2n, 9_000n, 0], [3n, 9_000n, 0]).otherTimesAt(0)).toEqual([])
  })

  it('are still that, where it is only told again, or another leaps after one that did not stand', () => {
    expect(told([1n, 100n, 0], [2n, 9_000n, 0], [2n, 9_000n, 0]).otherTimesAt(0)).toEqual([100n])
    expect(told([1n, 100n, 0], [2n, 9_000n, 0], [3n, 8_000n, 0]).otherTimesAt(0)).toEqual([100n])
    expect(told([1n, 100n, 0], [2n, 9_000n, 0], [3n, 112n, 12_000]).otherTimesAt(12_000)).toEqual([])
    expect(told([1n, 9_000n, 0], [2n, 100n, 0], [3n, 9_012n, 12_000]).otherTimesAt(12_000)).toEqual([])
  })
})
