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
  it('asks once for the logs of a block, whatever its filter says, and says what the filter says', async () => {
    const chain = new FakeChain(2)
    chain.mine(1)
    const reader = chainReader(chain.client, adjudicator)
    const latest = await reader.latest()
    for (const [logsBloom, says] of [
      [emptyBloom, false],
      [fullBloom, true],
      [undefined, undefined],
    ] as const) {
      expect(reader.mayHoldLogs({ ...latest, logsBloom })).toBe(says)
      expect((await reader.logsOfBlock({ ...latest, logsBloom })).logs).toEqual(chain.logs())
    }
    expect(chain.countCalls('eth_getLogs')).toBe(3)
  })

  it('refuses a block other than the one asked for', async () => {
    const chain = new FakeChain(4)
    const reader = chainReader(chain.client, adjudicator)
    const other = await chain.client.request('eth_getBlockByNumber', ['0x1', false])
    chain.intercept = () => other
    await expect(reader.headerByNumber(2n)).rejects.toMatchObject({ code: 'CHAIN_DATA_INVALID' })
    await expect(reader.headerByHash(chain.block(2n).hash)).rejects.toMatchObject({ code: 'CHAIN_DATA_INVALID' })
  })

  it('takes the logs of another block of the same number for doubtful', async () => {
    const chain = new FakeChain(4)
    const old = chain.mine(1)
    const logs = await chain.client.request('eth_getLogs', [{ blockHash: old.hash }])
    const [log] = chain.logs()
    chain.reorg(1, [1])
    const reader = chainReader(chain.client, adjudicator)
    const header = await reader.latest()
    chain.intercept = once('eth_getLogs', () => logs)
    expect(await reader.logsOfBlock(header)).toEqual({ logs: [], doubtful: [log?.channelId], isComplete: true })
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
    expect((await chainReader(chain.client, adjudicator).logsOfRange(1n, 4n)).logs).toEqual(chain.logs())
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

  it('refuses an answer that is no list', async () => {
    const chain = new FakeChain(3)
    chain.intercept = once('eth_getLogs', () => null)
    const reading = chainReader(chain.client, adjudicator).logsOfRange(1n, 2n)
    await expect(reading).rejects.toMatchObject({ code: 'CHAIN_DATA_INVALID' })
  })

  describe('of odd logs', () => {
    type Fields = Record<string, unknown>
    const word = '00'.repeat(32)

    /** Each makes something odd of the logs of a block, of which the second has a channel of its own. */
    const odd: readonly (readonly [
      string,
      (logs: Fields[]) => Fields[],
      'told' | 'doubtful' | 'incomplete' | 'left out',
    ])[] = [
      ['one twice', ([a = {}, b = {}]) => [a, b, b], 'told'],
      ['one twice, apart', ([a = {}, b = {}]) => [b, a, b], 'told'],
      ['no index', ([a = {}, b = {}]) => [a, { ...b, logIndex: null }], 'told'],
      [
        'no index at all',
        ([a = {}, b = {}]) => [
          { ...a, logIndex: null },
          { ...b, logIndex: undefined },
        ],
        'told',
      ],
      ['two with one index', ([a = {}, b = {}]) => [a, { ...b, logIndex: a['logIndex'] }], 'told'],
      [
        'other letters',
        ([a = {}, b = {}]) => [a, { ...b, address: String(b['address']).toUpperCase().replace('X', 'x') }],
        'told',
      ],
      ['a removed one', ([a = {}, b = {}]) => [a, { ...b, removed: true }], 'doubtful'],
      ['an unknown phase', ([a = {}, b = {}]) => [a, { ...b, data: `0x${word}${word.slice(1)}7${word}` }], 'doubtful'],
      ['too little data', ([a = {}, b = {}]) => [a, { ...b, data: '0x00' }], 'doubtful'],
      ['no data', ([a = {}, b = {}]) => [a, { ...b, data: null }], 'doubtful'],
      ['no transaction', ([a = {}, b = {}]) => [a, { ...b, transactionHash: null }], 'doubtful'],
      ['no block', ([a = {}, b = {}]) => [a, { ...b, blockHash: null, blockNumber: null }], 'doubtful'],
      ['another block', ([a = {}, b = {}]) => [a, { ...b, blockHash: `0x${'77'.repeat(32)}` }], 'doubtful'],
      ['an index that is none', ([a = {}, b = {}]) => [a, { ...b, logIndex: 'first' }], 'doubtful'],
      [
        'a third topic',
        ([a = {}, b = {}]) => [a, { ...b, topics: [...(b['topics'] as unknown[]), `0x${word}`] }],
        'doubtful',
      ],
      ['no channel', ([a = {}, b = {}]) => [a, { ...b, topics: [(b['topics'] as unknown[])[0]] }], 'incomplete'],
      ['no topics', ([a = {}, b = {}]) => [a, { ...b, topics: null }], 'incomplete'],
      ['no address', ([a = {}, b = {}]) => [a, { ...b, address: null }], 'incomplete'],
      // A node keeps to no type: what it gives as a log may be none.
      ['a null', ([a = {}]) => [a, null as unknown as Fields], 'incomplete'],
      ['another contract', ([a = {}, b = {}]) => [a, { ...b, address: `0x${'00'.repeat(20)}` }], 'left out'],
      [
        'another event',
        ([a = {}, b = {}]) => [a, { ...b, topics: [`0x${word}`, (b['topics'] as unknown[])[1]] }],
        'left out',
      ],
    ]

    it.each(odd)('%s: tells the other one, and leaves nothing to chance', async (_what, change, outcome) => {
      const chain = new FakeChain(2)
      chain.reorg(0, [1, 1])
      const [first, second] = chain.logs()
      assert.ok(first && second)
      const answers = (await chain.client.request('eth_getLogs', [{ fromBlock: '0x0', toBlock: '0x9' }])) as Fields[]
      // Two channels in one block.
      const json = answers.map((log): Fields => ({ ...log, blockHash: second.block.hash, blockNumber: '0x3' }))
      chain.intercept = ({ method }) =>
        method === 'eth_getLogs' ? change(json.map((log, i) => ({ ...log, logIndex: `0x${i}` }))) : undefined
      const reader = chainReader(chain.client, adjudicator)
      const header = await reader.latest()
      const found = await reader.logsOfBlock(header)
      const channels = found.logs.map(({ channelId }) => channelId)
      expect(channels).toContain(first.channelId)
      expect(channels.includes(second.channelId)).toBe(outcome === 'told')
      expect(new Set(channels).size).toBe(channels.length)
      if (outcome === 'doubtful') expect(found.doubtful).toEqual([second.channelId])
      expect(found.isComplete).toBe(outcome !== 'incomplete')
      expect(
        found.logs.every(({ logIndex }, index) => index === 0 || logIndex >= (found.logs[index - 1]?.logIndex ?? 0)),
      ).toBe(true)
    })
  })

  it('reads the filter of a block as Ethereum writes it', () => {
    const test = bloomTest([adjudicator, channelUpdateTopic])
    expect(test(fullBloom)).toBe(true)
    expect(test(emptyBloom)).toBe(false)
  })
})
