import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ledgerWindows } from '../../../src/watcher/channels/ledger-windows.ts'

const longest = 31_536_000
const entryArb = fc.record({
  isLedger: fc.boolean(),
  parents: fc.array(fc.constant('0x01'), { maxLength: 2 }),
  windowSeconds: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: longest })),
})

it('counts every ledger channel once, at a window that is never longer than its own', () => {
  fc.assert(
    fc.property(fc.array(entryArb), fc.array(fc.nat()), (entries, leaving) => {
      const windows = ledgerWindows()
      const left = new Set(entries)
      for (const entry of entries) windows.replace(undefined, entry)
      for (const index of leaving) {
        const entry = entries[index % Math.max(1, entries.length)]
        if (entry !== undefined && left.delete(entry)) windows.replace(entry, undefined)
      }
      const lengths = [...windows].flatMap(({ windowSeconds, channels }) => Array<number>(channels).fill(windowSeconds))
      const own = [...left].filter(({ isLedger }) => isLedger).map(({ windowSeconds }) => windowSeconds)
      const pairs = lengths.sort((a, b) => a - b).map((length, index) => [length, own.sort((a, b) => a - b)[index]])
      expect(lengths).toHaveLength(own.length)
      for (const [length = 0, window = 0] of pairs) {
        expect(length).toBeLessThanOrEqual(window)
        expect(length).toBeGreaterThanOrEqual(Math.floor(window * (1 - 1 / 512)))
      }
      expect(windows.nested).toBe([...left].filter(({ parents }) => parents.length > 0).length)
    }),
  )
})

it('has no more lengths than a look at every block can take, whatever clients come up with', () => {
  const windows = ledgerWindows()
  for (let windowSeconds = 1; windowSeconds < longest; windowSeconds += 311) {
    windows.replace(undefined, { isLedger: true, parents: [], windowSeconds })
  }
  expect([...windows].length).toBeLessThan(10_000)
})
