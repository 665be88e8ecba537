import { describe, expect, it } from 'vitest'
import { type Call, FakeChain } from '../support/fake-chain.ts'
import { Reader, refuse, unreachable } from './follow-fake.ts'

const isRange = ({ method, params: [filter] }: Call): boolean =>
  method === 'eth_getLogs' && typeof filter === 'object' && filter !== null && 'fromBlock' in filter

describe('the log stream', () => {
  it('starts at the head and brings each new block with its logs', async () => {
    const chain = new FakeChain(9)
    await using reader = new Reader(chain)
    expect(await reader.block()).toEqual({
      type: 'block',
      head: expect.objectContaining(chain.head),
      finalNumber: 4n,
      removed: [],
      added: [],
      doubtful: [],
      isCurrent: true,
      gap: false,
    })
    chain.mine(2)
    expect(await reader.block()).toMatchObject({ head: chain.head, finalNumber: 5n, added: chain.logs(9n) })
    expect(reader.follow.heads).toMatchObject([chain.block(8n), chain.block(9n)])
  })

  it('makes two requests for each new block', async () => {
    const chain = new FakeChain(9)
    await using reader = new Reader(chain)
    await reader.block()
    const before = chain.calls.length
    for (let i = 0; i < 10; i++) {
      chain.mine(1)
      await reader.block()
    }
    // The second reading asks for ranges, at most every four seconds.
    const [first, second] = [chain.calls.slice(before).filter((call) => !isRange(call)), chain.calls.filter(isRange)]
    expect(first).toHaveLength(20)
    expect(second.length).toBeLessThanOrEqual(3)
  })

  it('brings all blocks since the last step in one step to a consumer that took its time', async () => {
    const chain = new FakeChain(9)
    await using reader = new Reader(chain)
    await reader.block()
    chain.reorg(0, [1, 0, 2])
    expect(await reader.block()).toMatchObject({ head: chain.head, added: chain.logs(9n) })
  })

  it('takes back what a reorg takes out, newest first', async () => {
    const chain = new FakeChain(9)
    await using reader = new Reader(chain)
    await reader.block()
    chain.reorg(0, [2, 1])
    await reader.block()
    const lost = chain.logs(9n)
    chain.reorg(2, [0, 1, 1])
    expect(await reader.block()).toMatchObject({ removed: [...lost].reverse(), added: chain.logs(9n), gap: false })
  })

  it('ignores a head that it knows, and tells the reorg once another block shows it', async () => {
    const chain = new FakeChain(9)
    await using reader = new Reader(chain)
    await reader.block()
    chain.reorg(0, [1, 1])
    await reader.block()
    const lost = chain.logs(10n)
    chain.reorg(1, [])
    chain.intercept = () => {
      if (chain.calls.length === 20) chain.mine(3)
      return undefined
    }
    expect(await reader.block()).toMatchObject({ removed: lost, added: chain.logs(10n) })
  })

  it('reads what it missed in ranges, then the blocks that may still change by hash', async () => {
    const chain = new FakeChain(1)
    chain.reorg(0, [1, 0, 2, 1, 0, 1, 1, 1])
    await using reader = new Reader(chain, { fromBlock: 1n })
    expect(await reader.block()).toMatchObject({
      head: chain.head,
      finalNumber: 4n,
      isCurrent: false,
      added: chain.logs(1n).filter(({ block }) => block.number <= 4n),
    })
    expect(chain.calls.filter(isRange)).toHaveLength(1)
    expect(await reader.block()).toMatchObject({
      head: chain.head,
      finalNumber: 4n,
      isCurrent: true,
      added: chain.logs(5n),
    })
    expect(chain.calls.filter(isRange)).toHaveLength(1)
  })

  it('waits where the first block of interest is still to come', async () => {
    const chain = new FakeChain(3)
    await using reader = new Reader(chain, { fromBlock: 4n })
    expect(await reader.block()).toMatchObject({ head: chain.head, added: [] })
    chain.intercept = () => {
      if (chain.calls.length % 3 === 0 && chain.head.number < 4n) chain.mine(1)
      return undefined
    }
    expect(await reader.block()).toMatchObject({ head: { number: 4n }, added: chain.logs(4n) })
  })

  it('halves a range that the node refuses, until it fits', async () => {
    const chain = new FakeChain(1)
    for (let i = 0; i < 60; i++) chain.mine(1)
    chain.intercept = (call) => {
      const [filter] = call.params
      if (!isRange(call) || typeof filter !== 'object' || filter === null) return undefined
      const { fromBlock, toBlock } = filter as Record<string, string>
      return Number(toBlock) - Number(fromBlock) >= 10 ? refuse(call) : undefined
    }
    await using reader = new Reader(chain, { fromBlock: 1n })
    const added = []
    for (let step = await reader.block(); ; step = await reader.block()) {
      added.push(...step.added)
      if (step.isCurrent) break
    }
    expect(added).toEqual(chain.logs(1n))
  })

  it('gives up history that the node does not have, and says so', async () => {
    const chain = new FakeChain(1)
    chain.reorg(0, [1, 1, 1, 1, 1, 1])
    chain.intercept = (call) => (isRange(call) ? refuse(call) : undefined)
    await using reader = new Reader(chain, { fromBlock: 1n })
    expect(await reader.next()).toMatchObject({ type: 'stalled', cause: { code: 'RPC_REFUSED' } })
    expect(await reader.block()).toMatchObject({ gap: true, finalNumber: 2n, added: [] })
    expect(await reader.block()).toMatchObject({ gap: false, added: chain.logs(3n) })
  })

  it('tells a gap when a reorg goes below finality, and goes on from the new chain', async () => {
    const chain = new FakeChain(9)
    await using reader = new Reader(chain, { finalityDepth: 2 })
    await reader.block()
    for (let i = 0; i < 4; i++) {
      chain.mine(1)
      await reader.block()
    }
    const lost = chain.logs(11n)
    chain.reorg(4, [1, 1, 1, 1, 1])
    expect(await reader.block()).toMatchObject({ gap: true, removed: [...lost].reverse(), added: chain.logs(11n) })
    chain.mine(1)
    expect(await reader.block()).toMatchObject({ gap: false, added: chain.logs(14n) })
  })

  it('tells a gap when the chain was replaced from below while nobody looked', async () => {
    const chain = new FakeChain(9)
    await using reader = new Reader(chain, { finalityDepth: 2 })
    for (let i = 0; i < 4; i++) {
      await reader.block()
      chain.mine(1)
    }
    chain.reorg(
      8,
      Array.from({ length: 30 }, () => 1),
    )
    expect(await reader.block()).toMatchObject({ gap: true, isCurrent: false })
    const first = await reader.block()
    expect(first).toMatchObject({
      gap: false,
      added: chain.logs(first.added[0]?.block.number).slice(0, first.added.length),
    })
  })

  it('follows a chain whose every block is final', async () => {
    const chain = new FakeChain(5)
    await using reader = new Reader(chain, { finalityDepth: 0, fromBlock: 2n })
    expect(await reader.block()).toMatchObject({ finalNumber: 4n, isCurrent: true })
    const before = chain.calls.length
    chain.mine()
    expect(await reader.block()).toMatchObject({ finalNumber: 5n, added: [], isCurrent: true })
    expect(chain.calls.length - before).toBe(2)
    chain.mine(2)
    expect(await reader.block()).toMatchObject({ finalNumber: 6n, added: chain.logs(6n), isCurrent: true })
    let failures = 1
    chain.intercept = () => (failures-- > 0 ? unreachable() : undefined)
    expect((await reader.next()).type).toBe('stalled')
    expect(await reader.block()).toMatchObject({ finalNumber: 6n, added: [], isCurrent: true })
  })

  it('tells a gap when the last block it told was final and is replaced', async () => {
    const chain = new FakeChain(5)
    await using reader = new Reader(chain, { finalityDepth: 0 })
    await reader.block()
    chain.reorg(2, [1, 1, 1])
    expect(await reader.block()).toMatchObject({ gap: true, added: chain.logs(5n), finalNumber: 5n })
    chain.mine(1)
    expect(await reader.block()).toMatchObject({ gap: false, added: chain.logs(6n) })
  })

  it('never calls final what it has not told, even where the endpoint falls back while it catches up', async () => {
    const chain = new FakeChain(1)
    for (let i = 0; i < 3_000; i++) chain.mine()
    await using reader = new Reader(chain, { fromBlock: 1n })
    const { finalNumber } = await reader.block()
    expect(finalNumber).toBeLessThan(2_500n)
    const last = await chain.client.request('eth_getBlockByNumber', [`0x${finalNumber.toString(16)}`, false])
    let calls = 0
    chain.intercept = ({ params }) => {
      calls += 1
      if (calls === 1) return unreachable()
      return calls < 4 && params[0] === 'latest' ? last : undefined
    }
    expect((await reader.next()).type).toBe('stalled')
    expect(await reader.block()).toMatchObject({ finalNumber, isCurrent: false })
  })

  it('ends when closed, also while it waits for the chain, and lets go of the socket', async () => {
    const chain = new FakeChain(2)
    let watchers = 0
    const reader = new Reader(chain, {
      watchHeads: () => {
        watchers += 1
        return () => {
          watchers -= 1
        }
      },
    })
    await reader.block()
    expect(watchers).toBe(1)
    const next = reader.next()
    await reader.follow.subscription.close()
    await expect(next).rejects.toThrow('the stream goes on')
    await reader.follow.subscription.close()
    expect(watchers).toBe(0)
  })

  it('asks for the next head when the socket announces one, without waiting', async () => {
    const chain = new FakeChain(2)
    let wake = (): void => undefined
    await using reader = new Reader(chain, {
      watchHeads: (hint) => {
        wake = hint
        return () => undefined
      },
    })
    await reader.block()
    chain.mine(1)
    wake()
    await reader.block()
    expect(reader.follow.clock.slept).toEqual([])
  })

  it('does not miss a head that the socket announces while the chain is read', async () => {
    const chain = new FakeChain(2)
    let wake = (): void => undefined
    await using reader = new Reader(chain, {
      watchHeads: (hint) => {
        wake = hint
        return () => undefined
      },
    })
    await reader.block()
    chain.mine(1)
    wake()
    chain.intercept = ({ method }) => {
      if (method !== 'eth_getLogs') return
      chain.intercept = () => undefined
      chain.mine(1)
      wake()
    }
    const first = await reader.block()
    expect(await reader.block()).toMatchObject({ head: { number: first.head.number + 1n } })
    expect(reader.follow.clock.slept).toEqual([])
  })
})
