import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFrame, encodeFrame, type Frame } from '../../src/frames/frames.ts'
import { costOf, longestFor, receiveWindow, sendWindow, windowFor } from '../../src/frames/window.ts'

describe('a window', () => {
  it('never makes a sender wait for ever, and never holds more than it may', () => {
    const longest = fc.integer({ min: 1, max: 5_000 })
    const run = longest.chain((most) =>
      fc.record({ most: fc.constant(most), lengths: fc.array(fc.integer({ min: 0, max: most }), { maxLength: 200 }) }),
    )
    void fc.assert(
      fc.property(run, ({ most, lengths }) => {
        const window = windowFor(most)
        const [sender, receiver] = [sendWindow(window), receiveWindow(window)]
        const underWay: number[] = []

        function readOne(): void {
          const read = underWay.shift()
          if (read === undefined) throw new Error('the sender waits and there is nothing to read')
          const total = receiver.taken(read)
          if (total !== undefined) expect(sender.taken(total)).toBe(true)
        }

        for (const cost of lengths.map((length) => costOf(new Uint8Array(length)))) {
          // All that is under way, at worst.
          while (!sender.fits(cost)) readOne()
          sender.sent(cost)
          expect(receiver.received(cost)).toBe(true)
          underWay.push(cost)
          expect(underWay.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(window)
        }
      }),
    )
  })

  it('says how long a message may be', () => {
    for (const most of [1, 100, 2 ** 20]) expect(longestFor(windowFor(most))).toBe(most)
  })
})

describe('frames', () => {
  const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
  const version = fc.integer({ min: 0, max: 255 })
  const bytes = fc.uint8Array({ maxLength: 100 })
  const frame: fc.Arbitrary<Frame> = fc.oneof(
    fc.record({ kind: fc.constant('open' as const), version, window: u32, credentials: bytes }),
    fc.record({ kind: fc.constant('opened' as const), version, window: u32 }),
    fc.record({ kind: fc.constant('data' as const), number: u32, message: bytes }),
    fc.record({ kind: fc.constant('taken' as const), total: fc.maxSafeNat() }),
  )
  /** Bytes as lists, whether they are in a Buffer or not. */
  const plain = (value: Frame): unknown =>
    Object.entries(value).map(([name, each]) => [name, each instanceof Uint8Array ? [...each] : each])

  it('are read as they were written', () => {
    void fc.assert(
      fc.property(frame, (value) => {
        expect(plain(decodeFrame(Buffer.from(encodeFrame(value))))).toEqual(plain(value))
      }),
    )
  })

  it('of any bytes are read or refused as a violation', () => {
    void fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (any) => {
        try {
          decodeFrame(Buffer.from(any))
        } catch (error) {
          expect(error).toMatchObject({ code: 'PROTOCOL_VIOLATION' })
        }
      }),
    )
  })

  it('say why a connection ends in a bounded text, also with a code from the future', () => {
    const frame = Buffer.concat([Uint8Array.of(5, 3), Buffer.from('NEW'), Buffer.alloc(100_000, 'x')])
    const decoded = decodeFrame(frame)
    expect(decoded).toMatchObject({ kind: 'end', reason: { code: 'CONNECTION_LOST', retryable: true } })
    expect(String(decoded.kind === 'end' ? decoded.reason : '').length).toBeLessThan(1_000)
  })
})
