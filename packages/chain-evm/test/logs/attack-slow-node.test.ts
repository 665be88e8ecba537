import {
  type AdjudicatorLog,
  hasCode,
  parseBlockHash,
  parseChannelId,
  parseTransactionHash,
  WatcherError,
} from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { describe, expect, it } from 'vitest'
import { catchUp } from '../../src/logs/catch-up.ts'
import type { ChainReader, FoundLogs } from '../../src/logs/chain-reader.ts'
import { topOf, windowAfter } from '../../src/logs/chain-window.ts'
import { findRegistrations } from '../../src/logs/find-registrations.ts'
import type { Header } from '../../src/rpc/parse-rpc.ts'

const id = parseChannelId(`0x${'c1'.repeat(32)}`)

function headerAt(number: bigint): Header {
  const hash = (of: bigint) => parseBlockHash(`0x${of.toString(16).padStart(64, '0')}`)
  return {
    number,
    hash: hash(number),
    parentHash: hash(number - 1n),
    timestamp: number,
    baseFeePerGas: 1n,
    logsBloom: undefined,
  }
}

const log: AdjudicatorLog = {
  channelId: id,
  version: 1n,
  phase: 'dispute',
  timeout: 0n,
  block: headerAt(5_000n),
  transactionHash: parseTransactionHash(`0x${'11'.repeat(32)}`),
  logIndex: 0,
}

const nothing: FoundLogs = { logs: [], doubtful: [], isComplete: true }

/** A node that does not say that a range is too large: it takes too long for it, or something in front of it gives up. */
function slowNode(head: bigint, most: bigint): ChainReader {
  return {
    latest: async () => headerAt(head),
    headerByHash: async (hash) => headerAt(BigInt(hash)),
    headerByNumber: async (number) => headerAt(number),
    logsOfBlock: async () => nothing,
    logsOfBranch: async () => nothing,
    mayHoldLogs: () => undefined,
    async logsOfRange(from, to) {
      if (to - from + 1n > most) throw new WatcherError('CHAIN_UNREACHABLE', 'The node did not answer in time.')
      return { ...nothing, logs: [log].filter(({ block }) => block.number >= from && block.number <= to) }
    },
  }
}

/** Tries as the engine does: again and again, as long as the error says so. */
async function trying<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < 20; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!hasCode(error, 'CHAIN_UNREACHABLE')) throw error
    }
  }
  throw new Error('It asks for the same again and again.')
}

describe('a node that never answers for large ranges', () => {
  it('D5c: shows the registrations of a channel', async () => {
    const search = findRegistrations(slowNode(20_000n, 500n))
    const found: AdjudicatorLog[] = []
    let before: bigint | undefined
    do {
      const from = before
      const more = await trying(() => search(id, { before: from }))
      found.push(...more.logs)
      before = more.before
    } while (before !== undefined)
    expect(found).toEqual([log])
  })

  it('shows the history that was missed in an outage', async () => {
    const head = 20_000n
    const { next } = catchUp(slowNode(head, 500n), silentLogger, {})
    let window = windowAfter(headerAt(1n))
    const found: AdjudicatorLog[] = []
    while (topOf(window) < head) {
      const from = window
      const step = await trying(() => next(from, headerAt(head), head))
      if (step.step?.type === 'block') found.push(...step.step.added)
      window = step.window
    }
    expect(found).toEqual([log])
  })
})
