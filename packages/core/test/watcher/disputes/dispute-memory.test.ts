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
function tries(blocks: number, isDebt: boolean): number {
  const memory = disputeMemory()
  let count = 0
  for (let ticks = 0; ticks < blocks; ticks++) {
    if (memory.isResting(record, ticks)) continue
    count += 1
    memory.noteRefusal(record, ticks, isDebt)
  }
  return count
}

describe('the memory of a dispute', () => {
  it('lets a conclusion that is refused be tried promptly, and then the logarithm of the time', () => {
    expect(tries(3, false)).toBe(3)
    expect(tries(1_024, false)).toBeLessThanOrEqual(13)
  })

  it('is patient where only a payment is missing: a restart that forgets costs one try', () => {
    expect(tries(16, true)).toBe(1)
    expect(tries(1_024, true)).toBeLessThanOrEqual(7)
  })

  it('lets it be tried at once after the record has changed', () => {
    const memory = disputeMemory()
    memory.noteRefusal(record, 0, true)
    expect(memory.isResting(record, 1)).toBe(true)
    expect(memory.isResting({ ...record, timeout: 200n }, 1)).toBe(false)
  })
})
