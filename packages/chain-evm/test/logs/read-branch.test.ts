import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { chainReader, readConcurrency } from '../../src/logs/chain-reader.ts'
import type { ChainWindow } from '../../src/logs/chain-window.ts'
import { readBranch } from '../../src/logs/read-branch.ts'
import { adjudicator, FakeChain } from '../support/fake-chain.ts'
import { unreachable } from './follow-fake.ts'

describe('reading a branch', () => {
  it('asks for no more logs once a request has failed', async () => {
    const chain = new FakeChain(101)
    const reader = chainReader(chain.client, adjudicator)
    const window: ChainWindow = { first: 1n, anchor: chain.block(0n).hash, blocks: [], finalNumber: 0n }
    chain.intercept = ({ method }) => (method === 'eth_getLogs' ? unreachable() : undefined)
    const reading = readBranch(reader, window, await reader.latest(), {})
    await expect(reading).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' })
    await setImmediate()
    // The newest four, the rest in one query, and then one by one.
    expect(chain.countCalls('eth_getLogs')).toBeLessThanOrEqual(4 + 1 + readConcurrency)
  })
})
