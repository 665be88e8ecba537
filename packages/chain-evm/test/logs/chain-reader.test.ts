import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { parseBlockHash, parseBytes } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { channelUpdateTopic } from '../../src/codec/v1-abi.ts'
import { bloomTest } from '../../src/logs/bloom.ts'
import { chainReader, readConcurrency } from '../../src/logs/chain-reader.ts'
import { MissingBlock } from '../../src/logs/missing-block.ts'
import { adjudicator, type Call, FakeChain } from '../support/fake-chain.ts'
import { unreachable } from './follow-fake.ts'

const fullBloom = parseBytes(`0x${'ff'.repeat(256)}`)
const emptyBloom = parseBytes(`0x${'00'.repeat(256)}`)

const once = (method: string, answer: (call: Call) => unknown): ((call: Call) => unknown) => {
  let left = 1
  return (call) => (call.method === method && left-- > 0 ? answer(call) : undefined)
}

describe('the reader', () => {
  it('asks again when a block says that it may have logs and the node gave none', async () => {
    const chain = new FakeChain(2)
    chain.mine(1)
    const reader = chainReader(chain.client, adjudicator)
    const header = { ...(await reader.latest()), logsBloom: fullBloom }
    chain.intercept = once('eth_getLogs', () => [])
    expect(await reader.logsOfBlock(header)).toEqual(chain.logs())
    expect(chain.countCalls('eth_getLogs')).toBe(2)
  })

  it('does not believe a node that does not know the block', async () => {
    const chain = new FakeChain(2)
    const reader = chainReader(chain.client, adjudicator)
    const header = { ...(await reader.latest()), logsBloom: fullBloom }
    chain.intercept = ({ method }) => (method === 'eth_getLogs' ? [] : null)
    await expect(reader.logsOfBlock(header)).rejects.toBeInstanceOf(MissingBlock)
  })

  it('asks once when a block says that it has no logs, and never skips the question', async () => {
    const chain = new FakeChain(2)
    chain.mine(1)
    const reader = chainReader(chain.client, adjudicator)
    const header = { ...(await reader.latest()), logsBloom: emptyBloom }
    expect(await reader.logsOfBlock(header)).toEqual(chain.logs())
    chain.intercept = () => []
    expect(await reader.logsOfBlock(header)).toEqual([])
    expect(chain.countCalls('eth_getLogs')).toBe(2)
  })

  it('refuses a block other than the one asked for', async () => {
    const chain = new FakeChain(4)
    const reader = chainReader(chain.client, adjudicator)
    const other = await chain.client.request('eth_getBlockByNumber', ['0x1', false])
    chain.intercept = () => other
    await expect(reader.headerByNumber(2n)).rejects.toMatchObject({ code: 'CHAIN_DATA_INVALID' })
    await expect(reader.headerByHash(chain.block(2n).hash)).rejects.toMatchObject({ code: 'CHAIN_DATA_INVALID' })
  })

  it('refuses the logs of another block of the same number', async () => {
    const chain = new FakeChain(4)
    const old = chain.mine(1)
    const logs = await chain.client.request('eth_getLogs', [{ blockHash: old.hash }])
    chain.reorg(1, [1])
    const reader = chainReader(chain.client, adjudicator)
    const header = await reader.latest()
    chain.intercept = once('eth_getLogs', () => logs)
    await expect(reader.logsOfBlock(header)).rejects.toMatchObject({ code: 'CHAIN_DATA_INVALID' })
  })

  it('tells a block that the node does not know', async () => {
    const reader = chainReader(new FakeChain(4).client, adjudicator)
    await expect(reader.headerByNumber(9n)).rejects.toBeInstanceOf(MissingBlock)
    const unknown = parseBlockHash(`0x${'99'.repeat(32)}`)
    await expect(reader.headerByHash(unknown)).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' })
  })

  it('reads a range in order, whatever the order of the answer', async () => {
    const chain = new FakeChain(1)
    chain.reorg(0, [2, 1, 0, 2])
    const all = await chain.client.request('eth_getLogs', [{ fromBlock: '0x1', toBlock: '0x4' }])
    assert.ok(Array.isArray(all))
    chain.intercept = once('eth_getLogs', () => all.toReversed())
    expect(await chainReader(chain.client, adjudicator).logsOfRange(1n, 4n)).toEqual(chain.logs())
  })

  it('asks for no more blocks of a range once a request has failed', async () => {
    const chain = new FakeChain(1)
    chain.reorg(0, Array<number>(300).fill(1))
    chain.intercept = ({ method }) => (method === 'eth_getBlockByHash' ? unreachable() : undefined)
    const reading = chainReader(chain.client, adjudicator).logsOfRange(1n, 300n)
    await expect(reading).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' })
    await setImmediate()
    expect(chain.countCalls('eth_getBlockByHash')).toBe(readConcurrency)
  })

  it('refuses logs outside the range, and the same log twice', async () => {
    const chain = new FakeChain(1)
    chain.reorg(0, [1, 1, 1])
    const all = await chain.client.request('eth_getLogs', [{ fromBlock: '0x1', toBlock: '0x3' }])
    assert.ok(Array.isArray(all))
    const reader = chainReader(chain.client, adjudicator)
    chain.intercept = once('eth_getLogs', () => all)
    await expect(reader.logsOfRange(1n, 2n)).rejects.toMatchObject({ code: 'CHAIN_DATA_INVALID' })
    chain.intercept = once('eth_getLogs', () => [...all, all[0]])
    await expect(reader.logsOfRange(1n, 3n)).rejects.toMatchObject({ code: 'CHAIN_DATA_INVALID' })
    chain.intercept = once('eth_getLogs', () => null)
    await expect(reader.logsOfRange(1n, 3n)).rejects.toMatchObject({ code: 'CHAIN_DATA_INVALID' })
  })

  it('reads the filter of a block as Ethereum writes it', () => {
    const test = bloomTest([adjudicator, channelUpdateTopic])
    expect(test(fullBloom)).toBe(true)
    expect(test(emptyBloom)).toBe(false)
  })
})
