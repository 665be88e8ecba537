import { parseBlockHash } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { type ChainWindow, emptyWindow } from '../../src/logs/chain-window.ts'
import { pollDelayMs } from '../../src/logs/poll-delay.ts'

const hash = parseBlockHash(`0x${'aa'.repeat(32)}`)

const windowAt = (...timestamps: readonly bigint[]): ChainWindow => ({
  ...emptyWindow(0n),
  blocks: timestamps.map((timestamp, index) => ({
    header: {
      number: BigInt(index),
      hash,
      parentHash: hash,
      timestamp,
      baseFeePerGas: undefined,
      logsBloom: undefined,
    },
    logs: [],
  })),
})

describe('the time between two polls', () => {
  it.each([
    ['the average time between blocks', [100n, 103n, 107n], 3_500],
    ['a second at least', [100n, 100n, 101n], 1_000],
    ['twelve seconds at most', [100n, 130n], 12_000],
    ['a second while no two blocks are known', [100n], 1_000],
    ['a second before the first block', [], 1_000],
  ])('is %s', (_, timestamps, ms) => {
    expect(pollDelayMs(windowAt(...timestamps))).toBe(ms)
  })
})
