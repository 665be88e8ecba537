import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Block, parseBlockHash } from '../../../src/index.ts'
import { chainClock } from '../../../src/watcher/chain/chain-clock.ts'

const hash = parseBlockHash(`0x${'ab'.repeat(32)}`)
const blockAt = (number: number, timestamp: bigint): Block => ({ number: BigInt(number), hash, timestamp })

/** What is taken to be the time between blocks after these heads, each told so many seconds after the one before. */
function between(heads: readonly Block[], apart = 0): bigint {
  let nowMs = 0
  const clock = chainClock({ now: () => nowMs })
  for (const head of heads) {
    nowMs += apart * 1_000
    clock.advance(head, undefined)
  }
  return clock.secondsPerBlock
}

describe('the time between blocks', () => {
  it('is that of the chain after a few of them', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 600n }), (seconds) => {
        const heads = Array.from({ length: 6 }, (_, number) => blockAt(number, 1_000n + BigInt(number) * seconds))
        expect(between(heads, Number(seconds))).toBe(seconds)
      }),
    )
  })

  it('is not changed by one time that is wrong, however wrong it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 20 }), fc.bigInt({ min: 1n, max: 10n ** 12n }), (at, leap) => {
        const heads = Array.from({ length: 21 }, (_, number) =>
          blockAt(number, 1_000n + BigInt(number) * 2n + (number === at ? leap : 0n)),
        )
        expect(between(heads.slice(0, at + 1), 2)).toBe(2n)
        expect(between(heads, 2)).toBe(2n)
      }),
    )
  })

  it('is not changed by times that leap ahead and come back with every other block', () => {
    const heads = Array.from({ length: 30 }, (_, number) =>
      blockAt(number, 1_000n + BigInt(number) * 2n + (number > 8 && number % 2 === 1 ? 31_536_000n : 0n)),
    )
    expect(between(heads, 2)).toBe(2n)
  })

  it('is not changed by an endpoint that is asked in turns with an honest one, and makes up a range each time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 40, max: 600 }), (ahead, slow) => {
        const heads = Array.from({ length: 40 }, (_, number) => {
          const time = 1_000n + BigInt(number) * 2n
          return number > 8 && number % 2 === 1
            ? blockAt(number + 10 + ahead, time + BigInt((10 + ahead) * slow))
            : blockAt(number, time)
        })
        expect(between(heads, 2)).toBe(2n)
      }),
    )
  })

  it('counts every block of a range that is caught up with, and never less than a second', () => {
    const heads = [0, 1_000, 2_000, 3_000, 4_000].map((number) => blockAt(number, 1_000n + BigInt(number / 4)))
    expect(between(heads)).toBe(1n)
    expect(between([blockAt(0, 0n)])).toBe(12n)
  })
})
