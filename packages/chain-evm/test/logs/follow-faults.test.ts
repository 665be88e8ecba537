import assert from 'node:assert/strict'
import { describe, expect, it } from 'vitest'
import { FakeChain } from '../support/fake-chain.ts'
import { Reader, refuse, unreachable } from './follow-fake.ts'

describe('the log stream of an endpoint that fails or lies', () => {
  it('tells an outage once, tries again ever more slowly, and tells that it is over', async () => {
    const chain = new FakeChain(9)
    await using reader = new Reader(chain)
    await reader.block()
    chain.intercept = () => (chain.calls.length < 9 ? unreachable() : undefined)
    const slept = reader.follow.clock.slept.length
    expect(await reader.next()).toMatchObject({ type: 'stalled', cause: { code: 'CHAIN_UNREACHABLE' } })
    expect(await reader.block()).toMatchObject({ head: chain.head, removed: [], added: [] })
    expect(reader.follow.clock.slept.slice(slept)).toEqual([1_000, 375, 750, 1_500, 3_000, 6_000, 7_500].slice(0, 7))
  })

  it('goes on with what it had not told when an outage ends', async () => {
    const chain = new FakeChain(9)
    await using reader = new Reader(chain)
    await reader.block()
    chain.reorg(0, [1, 1])
    let refusals = 1
    chain.intercept = ({ method }) => (method === 'eth_getLogs' && refusals-- > 0 ? unreachable() : undefined)
    expect((await reader.next()).type).toBe('stalled')
    chain.mine(1)
    expect(await reader.block()).toMatchObject({ head: chain.head, added: chain.logs(9n) })
  })

  it('reads again without an alarm when a block disappears between two requests', async () => {
    const chain = new FakeChain(9)
    await using reader = new Reader(chain)
    await reader.block()
    chain.mine(1)
    let refusals = 2
    chain.intercept = (call) => {
      if (call.method !== 'eth_getLogs' || refusals === 0) return undefined
      refusals -= 1
      chain.reorg(1, [1, 1])
      return refuse(call)
    }
    expect(await reader.block()).toMatchObject({ head: chain.head, added: chain.logs(9n) })
  })

  it('stalls on a head below a final block, and goes on when the endpoint has caught up', async () => {
    const chain = new FakeChain(9)
    await using reader = new Reader(chain, { finalityDepth: 2 })
    for (let i = 0; i < 4; i++) {
      await reader.block()
      chain.mine(1)
    }
    const old = await chain.client.request('eth_getBlockByNumber', ['0x3', false])
    let lies = 4
    chain.intercept = ({ params }) => (params[0] === 'latest' && lies-- > 0 ? old : undefined)
    expect(await reader.next()).toMatchObject({
      type: 'stalled',
      cause: { code: 'CHAIN_DATA_INVALID', details: ['Head 3, final block 9.'] },
    })
    expect(await reader.block()).toMatchObject({ head: chain.head, gap: false, added: chain.logs(12n) })
  })

  const lies: readonly (readonly [string, (log: Record<string, unknown>) => Record<string, unknown>])[] = [
    ['another contract', (log) => ({ ...log, address: `0x${'00'.repeat(20)}` })],
    ['another event', (log) => ({ ...log, topics: [`0x${'00'.repeat(32)}`, `0x${'01'.repeat(32)}`] })],
    ['a missing topic', (log) => ({ ...log, topics: [(log['topics'] as unknown[])[0]] })],
    ['an unknown phase', (log) => ({ ...log, data: `0x${'00'.repeat(63)}03${'00'.repeat(32)}` })],
    ['too little data', (log) => ({ ...log, data: '0x00' })],
    ['another block', (log) => ({ ...log, blockHash: `0x${'77'.repeat(32)}` })],
    ['a removed log', (log) => ({ ...log, removed: true })],
    ['no transaction', (log) => ({ ...log, transactionHash: null })],
  ]
  for (const [what, lie] of lies) {
    it(`goes on where logs are of ${what}, and tells the true ones once they come`, async () => {
      const chain = new FakeChain(9)
      await using reader = new Reader(chain)
      await reader.block()
      chain.mine(2)
      const block = { blockHash: chain.head.hash }
      const [first, second] = (await chain.client.request('eth_getLogs', [block])) as Record<string, unknown>[]
      assert.ok(first && second)
      let times = 2
      chain.intercept = ({ method }) => (method === 'eth_getLogs' && times-- > 0 ? [first, lie(second)] : undefined)
      const added = [...(await reader.block()).added]
      expect(added).toEqual(chain.logs(9n).slice(0, 1))
      while (added.length < 2) added.push(...(await reader.block()).added)
      expect(added).toEqual(chain.logs(9n))
    })
  }

  it('stalls on a parent that has the wrong number', async () => {
    const chain = new FakeChain(9)
    await using reader = new Reader(chain)
    await reader.block()
    chain.reorg(0, [1, 0, 1])
    let lies = 1
    chain.intercept = ({ method, params: [asked] }) => {
      // Not by number, so that it is asked for by hash.
      if (method === 'eth_getBlockByNumber' && asked !== 'latest' && lies > 0) return null
      if (method !== 'eth_getBlockByHash' || lies-- <= 0) return undefined
      return { number: '0x9', hash: asked, parentHash: chain.block(8n).hash, timestamp: '0x1' }
    }
    expect(await reader.next()).toMatchObject({ type: 'stalled', cause: { code: 'CHAIN_DATA_INVALID' } })
    expect(await reader.block()).toMatchObject({ added: chain.logs(9n) })
  })
})
