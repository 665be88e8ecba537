import { setImmediate } from 'node:timers/promises'
import { withRequestTimeout } from '@perun-watcher/chain-evm/internal'
import { createClient, webSocket } from 'viem'
import { describe, expect, it, onTestFinished } from 'vitest'
import { manualClock } from '../../chain-evm/test/support/clocks.ts'
import { type SocketServer, startSocketServer } from '../../chain-evm/test/support/socket-server.ts'
import { viemClient } from '../src/viem-client.ts'

/** A client over a socket, whose requests end after 10 seconds of a clock that is told when to move. */
function connected(server: SocketServer) {
  const clock = manualClock()
  const own = createClient({ transport: webSocket(server.url, { reconnect: false, timeout: 3_600_000 }) })
  onTestFinished(async () => (await own.transport.getRpcClient()).close())
  const client = viemClient(own)
  return { clock, client, limited: withRequestTimeout(client, clock, 10_000) }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate()
}

describe('a viem client over a socket', () => {
  it('opens a new connection after a request that a half-open one never answered', async () => {
    await using server = await startSocketServer()
    const { clock, limited } = connected(server)
    expect(await limited.request('eth_chainId', [])).toBe('0x1')
    server.freeze()
    const lost = limited.request('eth_blockNumber', [])
    await until(() => server.asked.includes('eth_blockNumber'))
    clock.advance(10_000)
    await expect(lost).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' })
    expect(await limited.request('eth_chainId', [])).toBe('0x1')
    expect(server.opened).toBe(2)
  })

  it('stays with a connection on which something else was answered meanwhile', async () => {
    await using server = await startSocketServer()
    const { client } = connected(server)
    await client.request('eth_chainId', [])
    const abort = new AbortController()
    const slow = client.request('eth_getLogs', [], { signal: abort.signal })
    await client.request('eth_chainId', [])
    abort.abort(new Error('enough'))
    await slow.catch(() => undefined)
    await client.request('eth_chainId', [])
    expect(server.opened).toBe(1)
  })

  it('opens a new connection where one was lost and viem does not', async () => {
    await using server = await startSocketServer()
    const { client } = connected(server)
    await client.request('eth_chainId', [])
    server.drop()
    let answer: unknown
    for (let tries = 0; tries < 20 && answer === undefined; tries++) {
      answer = await client.request('eth_chainId', []).catch(() => undefined)
      await setImmediate()
    }
    expect(answer).toBe('0x1')
  })

  it('hears of heads again on the new connection, and once each', async () => {
    await using server = await startSocketServer()
    const { clock, client, limited } = connected(server)
    let heads = 0
    const end = client.watchHeads?.(() => {
      heads += 1
    })
    await until(() => server.asked.includes('eth_subscribe'))
    await limited.request('eth_chainId', [])
    server.freeze()
    const lost = limited.request('eth_blockNumber', [])
    await until(() => server.asked.includes('eth_blockNumber'))
    clock.advance(10_000)
    await lost.catch(() => undefined)
    await until(() => server.asked.filter((method) => method === 'eth_subscribe').length === 2)
    await limited.request('eth_chainId', [])
    server.announce()
    await limited.request('eth_chainId', [])
    expect(heads).toBe(1)
    end?.()
  })

  it('asks a node ever more seldom for heads that it does not offer, and hears of them once it does', async () => {
    await using server = await startSocketServer()
    server.refused.add('eth_subscribe')
    const { client } = connected(server)
    let heads = 0
    const end = client.watchHeads?.(() => {
      heads += 1
    })
    const subscriptions = (): number => server.asked.filter((method) => method === 'eth_subscribe').length
    for (let requests = 0; requests < 1_000; requests++) await client.request('eth_chainId', [])
    expect(subscriptions()).toBeGreaterThan(5)
    expect(subscriptions()).toBeLessThan(20)
    server.refused.clear()
    const before = subscriptions()
    while (subscriptions() === before) await client.request('eth_chainId', [])
    server.announce()
    await client.request('eth_chainId', [])
    expect(heads).toBe(1)
    end?.()
  })
})
