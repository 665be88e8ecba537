import { type Block, parseBlockHash, parseChannelId } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { callsAtBlock } from '../../src/calls/calls-at-block.ts'
import { v1 } from '../../src/codec/v1.ts'
import { chainReader } from '../../src/logs/chain-reader.ts'
import { type RecordReader, recordReader } from '../../src/records/record-reader.ts'
import { toldRecords } from '../../src/records/told-records.ts'
import type { EvmClient } from '../../src/rpc/evm-client.ts'
import { failoverClient } from '../../src/rpc/failover/failover-client.ts'
import { rpcRefused } from '../../src/rpc/rpc-errors.ts'
import { manualClock } from '../support/clocks.ts'
import { adjudicator, FakeChain } from '../support/fake-chain.ts'

const id = parseChannelId(`0x${'01'.repeat(32)}`)
const empty = `0x${'00'.repeat(192)}`

interface Rig {
  readonly chain: FakeChain
  readonly readRecord: RecordReader['read']
  /** The blocks that were asked about. */
  readonly asked: unknown[]
}

function rig(told: Block | undefined, known: (hash: unknown) => boolean): Rig {
  const chain = new FakeChain(5)
  const asked: unknown[] = []
  chain.intercept = ({ method, params }) => {
    if (method !== 'eth_call') return undefined
    const { blockHash } = params[1] as Record<string, unknown>
    asked.push(blockHash)
    if (known(blockHash)) return empty
    throw rpcRefused(method, { code: -32000, message: 'header not found', data: undefined })
  }
  const reader = chainReader(chain.client, adjudicator)
  const calls = callsAtBlock({ client: chain.client, reader })
  const deps = {
    calls,
    reader,
    adjudicator,
    generation: v1,
    told: toldRecords(),
    ways: [],
    clock: manualClock(),
    reportedHead: () => told,
  }
  return { chain, readRecord: recordReader(deps).read, asked }
}

const gone: Block = { number: 3n, hash: parseBlockHash(`0x${'77'.repeat(32)}`), timestamp: 36n }

describe('reading a record', () => {
  it('reads at the head that the stream told', async () => {
    const { chain, readRecord, asked } = rig(gone, () => true)
    expect(await readRecord(id)).toEqual({ record: undefined, block: gone })
    expect(asked).toEqual([gone.hash])
    expect(chain.countCalls('eth_getBlockByNumber')).toBe(0)
  })

  it('reads at the newest head where the stream told none', async () => {
    const { chain, readRecord } = rig(undefined, () => true)
    expect(await readRecord(id)).toEqual({ record: undefined, block: chain.head })
  })

  it('reads at the newest head where the node does not know the one told', async () => {
    const { chain, readRecord, asked } = rig(gone, (hash) => hash !== gone.hash)
    expect(await readRecord(id)).toEqual({ record: undefined, block: chain.head })
    expect(asked).toEqual([gone.hash, chain.head.hash])
  })

  it('may be tried again where the node knows neither', async () => {
    const { readRecord } = rig(gone, () => false)
    await expect(readRecord(id)).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE', retryable: true })
  })

  it('refuses an answer that no adjudicator gives', async () => {
    const { chain, readRecord } = rig(gone, () => true)
    chain.intercept = ({ method }) => (method === 'eth_call' ? '0x' : undefined)
    await expect(readRecord(id)).rejects.toMatchObject({ code: 'CHAIN_DATA_INVALID' })
  })

  it.each([
    ['less than it', '0x'.padEnd(66, '0')],
    ['something shortened', '0x0'],
    ['an unknown phase', `0x${'ff'.repeat(192)}`],
    ['a refusal', undefined],
  ])('asks another endpoint where one says %s', async (_what, answer) => {
    const chain = new FakeChain(5)
    const oddly: EvmClient = {
      async request(method, params) {
        if (method !== 'eth_call') return await chain.client.request(method, params)
        if (answer !== undefined) return answer
        throw rpcRefused(method, { code: 3, message: 'execution reverted', data: '0x' })
      },
    }
    const well: EvmClient = {
      request: async (method, params) => (method === 'eth_call' ? empty : await chain.client.request(method, params)),
    }
    const client = failoverClient({
      endpoints: [
        { name: 'odd', client: oddly },
        { name: 'well', client: well },
      ],
    })
    const reader = chainReader(client, adjudicator)
    const calls = callsAtBlock({ client, reader })
    const { read } = recordReader({
      calls,
      reader,
      adjudicator,
      generation: v1,
      told: toldRecords(),
      ways: [],
      clock: manualClock(),
      reportedHead: () => chain.head,
    })
    expect(await read(id)).toEqual({ record: undefined, block: chain.head })
  })
})
