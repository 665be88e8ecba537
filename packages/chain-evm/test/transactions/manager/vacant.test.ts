import { type Hex, parseBytes } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../src/index.ts'
import { startedManager } from '../support/started-manager.ts'

const to = parseAddress(`0x${'c0'.repeat(20)}`)

async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function newWorld(places: number) {
  const { node, manager } = await startedManager({ maxPendingPerLane: places })
  let serial = 0
  return {
    node,
    manager,
    /** Sends something that nobody sent before. */
    send() {
      const data = parseBytes(`0x${(++serial).toString(16).padStart(8, '0')}`)
      const leave = new AbortController()
      const sent: { readonly data: Hex; outcome: unknown; giveUp: () => void } = {
        data,
        outcome: undefined,
        giveUp: () => leave.abort(new Error('given up')),
      }
      manager.send({ to, data, deadline: node.head.timestamp + 3_600n }, { signal: leave.signal }).then(
        () => {
          sent.outcome = 'included'
        },
        (error: unknown) => {
          sent.outcome = error
        },
      )
      return sent
    },
    async block(room: number): Promise<void> {
      await settled()
      node.mine(room)
      await manager.onHead(node.head)
      await settled()
    },
    waiting: (): readonly Hex[] => node.pool.map(({ call }) => call.data),
  }
}

describe('a nonce that nobody wants any more', () => {
  it.each([
    { places: 1, given: 1 },
    { places: 4, given: 4 },
    { places: 16, given: 16 },
    { places: 16, given: 9 },
  ])('is had by others while no block takes anything: $given of $places', async ({ places, given }) => {
    const { node, manager, send, block, waiting } = await newWorld(places)
    const first = Array.from({ length: places }, send)
    await block(0)
    expect(node.pool).toHaveLength(places)
    for (const each of first.slice(0, given)) each.giveUp()
    await block(0)
    const second = Array.from({ length: given }, send)
    // No block has taken anything, and what was given up has not left the pool either.
    await block(0)
    for (const { data } of second) expect(waiting()).toContain(data)
    expect(node.pool).toHaveLength(places)

    for (let blocks = 0; blocks < 3; blocks++) await block(100)
    expect(second.map(({ outcome }) => outcome)).toEqual(second.map(() => 'included'))
    expect(first.slice(given).map(({ outcome }) => outcome)).toEqual(first.slice(given).map(() => 'included'))
    // Nothing was paid for that nobody wanted.
    expect(node.included()).toHaveLength(places)
    await manager.close()
  })

  it('is had again and again, however often those who have it give up', async () => {
    const { node, manager, send, block, waiting } = await newWorld(3)
    let last = Array.from({ length: 3 }, send)
    for (let turn = 0; turn < 6; turn++) {
      await block(0)
      for (const each of last) each.giveUp()
      await settled()
      last = Array.from({ length: 3 }, send)
    }
    await block(0)
    expect(waiting().toSorted()).toEqual(last.map(({ data }) => data).toSorted())
    await block(100)
    await block(100)
    expect(last.map(({ outcome }) => outcome)).toEqual(['included', 'included', 'included'])
    expect(node.included()).toHaveLength(3)
    await manager.close()
  })

  it('that was spent on nothing just before leads to another one, and to no error', async () => {
    const { node, manager, send, block } = await newWorld(1)
    const first = send()
    await block(0)
    first.giveUp()
    await block(0)
    const second = send()
    // What is sent for it does not reach the miner in time.
    const pooled = node.pool
    node.lies.set('eth_sendRawTransaction', () => {
      throw new Error('socket hang up')
    })
    await settled()
    expect(node.pool).toEqual(pooled)
    node.mine(100)
    node.lies.clear()
    await manager.onHead(node.head)
    for (let blocks = 0; blocks < 3; blocks++) await block(100)
    expect(second.outcome).toBe('included')
    expect(node.included().map(({ call }) => call.data)).toContain(second.data)
    await manager.close()
  })
})
