import { describe, expect, it } from 'vitest'
import type { OnChainRecord } from '../../../src/index.ts'
import { disputeMemory } from '../../../src/watcher/disputes/dispute-memory.ts'

const record: OnChainRecord = {
  version: 3n,
  phase: 'dispute',
  timeout: 100n,
  stateHash: undefined,
  blockNumber: 1n,
}

/** How often a conclusion that is always refused is tried within so many blocks. */
function tries(blocks: number): number {
  const memory = disputeMemory()
  let count = 0
  for (let ticks = 0; ticks < blocks; ticks++) {
    if (memory.isResting(record, ticks)) continue
    count += 1
    memory.noteRefusal(record, ticks)
  }
  return count
}

/** The same of the payment of a final state that stands, where blocks come every so many milliseconds. */
function payments(blocks: number, memory = disputeMemory(), blockMs = 12_000): number {
  let count = 0
  for (let ticks = 0; ticks < blocks; ticks++) {
    const now = { ticks, ms: ticks * blockMs }
    if (memory.debt.isResting(now)) continue
    count += 1
    memory.debt.noteRefusal(now)
  }
  return count
}

describe('the memory of a dispute', () => {
  it('lets a conclusion that is refused be tried promptly, and then the logarithm of the time', () => {
    expect(tries(3)).toBe(3)
    expect(tries(1_024)).toBeLessThanOrEqual(13)
  })

  it('is patient where only a payment is missing: a restart that forgets costs one try', () => {
    expect(payments(16)).toBe(1)
    expect(payments(1_024)).toBeLessThanOrEqual(4)
    expect(payments(100_000)).toBeLessThanOrEqual(8)
  })

  it.each([250, 1_000, 2_000, 12_000, 30_000])('is as patient however fast blocks come: every %i ms', (blockMs) => {
    const blocksOfAnHour = 3_600_000 / blockMs
    expect(payments(blocksOfAnHour, disputeMemory(), blockMs)).toBeLessThanOrEqual(3)
  })

  it('does not ask at once for the payment of a state that it registered because that was refused', () => {
    const memory = disputeMemory()
    memory.noteRefusal(record, 0)
    expect(payments(16, memory)).toBe(0)
    expect(payments(100, memory)).toBe(2)
  })

  it('lets it be tried at once after the record has changed', () => {
    const memory = disputeMemory()
    for (let refusal = 0; refusal < 4; refusal++) memory.noteRefusal(record, 0)
    expect(memory.isResting(record, 1)).toBe(true)
    expect(memory.isResting({ ...record, timeout: 200n }, 1)).toBe(false)
  })
})
