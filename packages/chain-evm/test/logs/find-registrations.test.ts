import {
  type AdjudicatorLog,
  parseBlockHash,
  parseChannelId,
  parseTransactionHash,
  WatcherError,
} from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { findRegistrations } from '../../src/logs/find-registrations.ts'

const id = parseChannelId(`0x${'c1'.repeat(32)}`)
const hash = parseBlockHash(`0x${'b1'.repeat(32)}`)

function logAt(number: bigint, logIndex = 0): AdjudicatorLog {
  const block = { number, hash, timestamp: number }
  const transactionHash = parseTransactionHash(`0x${number.toString(16).padStart(64, '0')}`)
  return { channelId: id, version: 1n, phase: 'dispute', timeout: 0n, block, transactionHash, logIndex }
}

/** A node with a history, which refuses ranges of more blocks than it likes. */
function node(head: bigint, logs: readonly AdjudicatorLog[], most = head + 1n) {
  const asked: [bigint, bigint][] = []
  const search = findRegistrations({
    latest: async () => ({ ...logAt(head).block, parentHash: hash, baseFeePerGas: 1n, logsBloom: undefined }),
    async logsOfRange(from, to, options) {
      expect(options?.channelId).toBe(id)
      asked.push([from, to])
      if (to - from + 1n > most) throw new WatcherError('RPC_REFUSED', 'query returned too much')
      const inside = logs.filter(({ block }) => block.number >= from && block.number <= to)
      return { logs: inside, doubtful: [], isComplete: true }
    },
  })
  return { search, asked }
}

describe('D5c: the logs of a channel that was registered before it was watched', () => {
  it('are found newest first, however old', async () => {
    const { search } = node(20_000_000n, [logAt(1_000n), logAt(19_000_000n), logAt(19_000_000n, 1)])
    const newest = await search(id)
    expect(newest.logs).toEqual([logAt(19_000_000n, 1), logAt(19_000_000n)])
    let { before } = newest
    const rest: AdjudicatorLog[] = []
    for (let searches = 0; before !== undefined && searches < 10; searches++) {
      const more = await search(id, { before })
      rest.push(...more.logs)
      before = more.before
    }
    expect(before).toBeUndefined()
    expect(rest).toEqual([logAt(1_000n)])
  })

  it('are found through a node that takes small ranges only, a bounded piece of history at a time', async () => {
    const { search, asked } = node(30_000n, [logAt(3n)], 500n)
    let before: bigint | undefined
    const found: AdjudicatorLog[] = []
    let searches = 0
    do {
      const more = await search(id, { before })
      expect(asked.length).toBeLessThanOrEqual(24 * (searches + 1))
      found.push(...more.logs)
      before = more.before
      searches += 1
    } while (before !== undefined && searches < 20)
    expect(found).toEqual([logAt(3n)])
    // Its limit is remembered.
    expect(asked.length).toBeLessThan(200)
  })

  it('are asked for again where a node refuses a single block', async () => {
    const { search } = node(10n, [], 0n)
    await expect(search(id)).rejects.toMatchObject({ code: 'RPC_REFUSED', retryable: true })
  })

  it('are none of an empty history', async () => {
    const { search } = node(0n, [])
    expect(await search(id)).toEqual({ logs: [], before: undefined })
  })
})
