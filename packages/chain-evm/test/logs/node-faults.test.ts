import assert from 'node:assert/strict'
import type { AdjudicatorLog, ChannelId, Logger } from '@perun-watcher/core'
import { type BlockStep, type ChainStep, silentLogger } from '@perun-watcher/core/adapter'
import { describe, expect, it, onTestFinished } from 'vitest'
import { chainReader } from '../../src/logs/chain-reader.ts'
import { follow } from '../../src/logs/follow.ts'
import type { EvmClient } from '../../src/rpc/evm-client.ts'
import { chainUnreachable, rpcRefused } from '../../src/rpc/rpc-errors.ts'
import { withRequestTimeout } from '../../src/rpc/with-request-timeout.ts'
import { adjudicator, type Call, FakeChain } from '../support/fake-chain.ts'
import { virtualClock } from '../support/virtual-clock.ts'

interface WorldOptions {
  /** Milliseconds from a request to its answer. */
  readonly roundTripMs?: number
  readonly blockMs?: number
  readonly fromBlock?: bigint
  readonly finalityDepth?: number
  readonly before?: number
}

type Fault = (call: Call, options: { readonly secondOpinion: boolean }) => unknown

/** A node that takes time, on a chain that grows meanwhile; and all that the log stream told of it. */
function world(options: WorldOptions = {}) {
  const { roundTripMs = 50, blockMs = 1_000, finalityDepth = 8, before = 12 } = options
  const clock = virtualClock()
  const chain = new FakeChain(before)
  const steps: ChainStep[] = []
  const warned: string[] = []
  const logger: Logger = { ...silentLogger, warn: (message) => void warned.push(message) }
  const state: { fault: Fault | undefined; logsPerBlock: number } = { fault: undefined, logsPerBlock: 0 }
  const node: EvmClient = {
    async request(method, params, { signal, secondOpinion = false } = {}) {
      await clock.sleep(roundTripMs / 2, { signal })
      const answer = state.fault?.({ method, params }, { secondOpinion }) ?? chain.client.request(method, params)
      await clock.sleep(roundTripMs / 2, { signal })
      return answer
    },
  }
  const client = withRequestTimeout(node, clock, 10_000)
  const resets: number[] = []
  const subscription = follow(
    { fromBlock: options.fromBlock, finalityDepth, pollIntervalMs: Math.min(Math.max(blockMs, 1_000), 12_000) },
    {
      reader: chainReader(client, adjudicator),
      watchHeads: undefined,
      clock,
      random: () => 0.5,
      logger,
      onStep: () => undefined,
      onReset: () => resets.push(clock.now()),
    },
  )
  const ending = new AbortController()
  onTestFinished(async () => {
    ending.abort()
    await subscription.close()
  })
  void (async () => {
    for await (const step of subscription) steps.push(step)
  })()
  void (async () => {
    while (!ending.signal.aborted) {
      await clock.sleep(blockMs, { signal: ending.signal })
      chain.mine(state.logsPerBlock)
    }
  })().catch(() => undefined)

  const blocks = (): readonly BlockStep[] => steps.filter((step) => step.type === 'block')
  const told = (): readonly AdjudicatorLog[] => blocks().flatMap(({ added }) => added)
  return {
    chain,
    clock,
    state,
    steps,
    warned,
    resets,
    blocks,
    told,
    doubtful: (): readonly ChannelId[] => blocks().flatMap((step) => step.doubtful ?? []),
    hasTold: (log: AdjudicatorLog): boolean =>
      told().some(({ block, logIndex }) => block.hash === log.block.hash && logIndex === log.logIndex),
    isCurrent: (): boolean => blocks().at(-1)?.isCurrent === true,
  }
}

const isLogs = ({ method }: Call): boolean => method === 'eth_getLogs'
const filterOf = ({ params: [filter] }: Call): Readonly<Record<string, string>> => filter as Record<string, string>
const isRange = (call: Call): boolean => isLogs(call) && 'fromBlock' in filterOf(call)
const blocksOf = (call: Call): number => Number(filterOf(call)['toBlock']) - Number(filterOf(call)['fromBlock']) + 1

const fullBloom = `0x${'ff'.repeat(256)}`

describe('N1: logs that come later than their block', () => {
  it.each([250, 1_500, 3_000, 5_000])('are told soon, %d ms late, without a filter', async (lateMs) => {
    const { chain, clock, state, hasTold } = world({ blockMs: 2_000 })
    await clock.until(() => chain.head.number > 14n, 60_000)
    state.logsPerBlock = 1
    const minedAt = new Map<string, number>()
    state.fault = (call) => {
      const { hash } = chain.head
      if (!minedAt.has(hash)) minedAt.set(hash, clock.now())
      if (!isLogs(call)) return undefined
      const isIndexed = (block: string): boolean => clock.now() - (minedAt.get(block) ?? 0) >= lateMs
      const { blockHash, toBlock } = filterOf(call)
      return isIndexed(blockHash ?? chain.block(BigInt(toBlock ?? '0x0')).hash) ? undefined : []
    }
    await clock.until(() => chain.head.number > 24n, 60_000)
    const logs = chain.logs(16n).filter(({ block }) => block.number <= 24n)
    const from = clock.now()
    await clock.until(() => logs.every(hasTold), 40_000)
    expect(clock.now() - from).toBeLessThanOrEqual(lateMs < 4_000 ? 10_000 : 30_000)
  })

  it('are told within a second where the block says that it may have some', async () => {
    const { chain, clock, state, hasTold, told } = world({ blockMs: 12_000 })
    await clock.until(() => chain.head.number > 13n, 60_000)
    state.logsPerBlock = 1
    let mined: number | undefined
    state.fault = (call) => {
      const known = chain.head
      if (known.number < 15n) return undefined
      mined ??= clock.now()
      if (call.method === 'eth_getBlockByNumber') {
        return chain.client
          .request(call.method, call.params)
          .then((json) => ({ ...(json as object), logsBloom: fullBloom }))
      }
      return isLogs(call) && clock.now() - mined < 300 ? [] : undefined
    }
    await clock.until(() => chain.head.number === 15n, 60_000)
    const [log] = chain.logs(15n)
    assert.ok(log)
    await clock.until(() => mined !== undefined, 60_000)
    const from = clock.now()
    await clock.until(() => hasTold(log), 20_000)
    expect(clock.now() - from).toBeLessThan(1_500)
    const looks = (): number => chain.calls.filter(({ params }) => params[0] === 'latest').length
    const before = looks()
    await clock.until(() => chain.head.number > 18n, 60_000)
    expect(looks() - before).toBeLessThanOrEqual(6)
    expect(
      told().filter(({ block }) => block.hash === log.block.hash),
      'told once',
    ).toHaveLength(1)
  })

  it('are told though an index had lost them for most of a minute', async () => {
    const { chain, clock, state, hasTold } = world()
    state.logsPerBlock = 1
    state.fault = (call) => (isLogs(call) && clock.now() < 50_000 ? [] : undefined)
    await clock.until(() => clock.now() > 50_000, 60_000)
    const logs = chain.logs(14n).filter(({ block }) => block.number <= 40n)
    await clock.until(() => logs.every(hasTold), 100_000)
  })

  it('are asked of another endpoint', async () => {
    const { chain, clock, state, hasTold } = world()
    state.logsPerBlock = 1
    state.fault = (call, { secondOpinion }) => (isLogs(call) && !secondOpinion ? [] : undefined)
    await clock.until(() => chain.head.number > 20n, 60_000)
    const logs = chain.logs(14n).filter(({ block }) => block.number <= 20n)
    await clock.until(() => logs.every(hasTold), 20_000)
  })

  it('are taken back by a reorg like any other', async () => {
    const { chain, clock, state, hasTold, blocks } = world({ blockMs: 3_600_000 })
    await clock.until(() => blocks().length > 0, 10_000)
    const before = chain.calls.length
    chain.reorg(0, [1, 1])
    const [first, second] = chain.logs(12n)
    assert.ok(first && second)
    state.fault = (call) => (isLogs(call) && !isRange(call) ? [] : undefined)
    await clock.until(() => hasTold(first) && hasTold(second), 60_000)
    expect(chain.calls.length).toBeGreaterThan(before)
    state.fault = undefined
    chain.reorg(1, [0, 0])
    await clock.until(() => blocks().some(({ removed }) => removed.length > 0), 60_000)
    expect(blocks().flatMap(({ removed }) => removed)).toEqual([second])
  })

  it('cost a query of their own in four seconds at most', async () => {
    const { chain, clock } = world({ blockMs: 250, before: 80, finalityDepth: 64 })
    await clock.until(() => clock.now() > 20_000, 60_000)
    const from = chain.calls.length
    await clock.until(() => clock.now() > 80_000, 120_000)
    const ranges = chain.calls.slice(from).filter(isRange)
    // Two requests for each block at most, one for each second reading, and one for each range of a step.
    expect(chain.calls.length - from - ranges.length).toBeLessThanOrEqual(240 * 2)
    expect(ranges.length).toBeLessThanOrEqual(60 / 4 + 60 / 10 + 60 / 30 + 60)
  })
})

describe('N1: blocks that not every machine behind an address knows yet', () => {
  it.each([
    [1_000, 2_500],
    [1_000, 4_000],
    [2_000, 3_000],
    [250, 1_000],
  ])('are told all the same: blocks every %d ms, known after %d ms', async (blockMs, lagMs) => {
    const { chain, clock, state, hasTold, steps } = world({ blockMs })
    await clock.until(() => chain.head.number > 14n, 60_000)
    state.logsPerBlock = 1
    const minedAt = new Map<unknown, number>()
    state.fault = (call) => {
      if (!minedAt.has(chain.head.hash)) minedAt.set(chain.head.hash, clock.now())
      const asked = isLogs(call) ? filterOf(call)['blockHash'] : call.params[0]
      const seenAt = minedAt.get(asked)
      if (seenAt === undefined || clock.now() - seenAt >= lagMs) return undefined
      throw rpcRefused(call.method, { code: -32_000, message: 'header not found', data: undefined })
    }
    await clock.until(() => chain.head.number > 24n, 60_000)
    const logs = chain.logs(16n).filter(({ block }) => block.number <= 24n)
    await clock.until(() => logs.every(hasTold), 30_000)
    const last = steps.length
    // And so it goes on.
    await clock.until(() => steps.length >= last + 4, 60_000)
  })
})

describe('N3: a chain that is faster than a round trip', () => {
  it.each([
    [250, 120],
    [250, 400],
    [1_000, 400],
    [100, 250],
  ])(
    'with a block each %d ms and a round trip of %d ms is caught up with, and followed',
    async (blockMs, roundTripMs) => {
      const { chain, clock, state, blocks, told } = world({
        blockMs,
        roundTripMs,
        finalityDepth: 64,
        fromBlock: 1n,
        before: 3_000,
      })
      state.logsPerBlock = 1
      await clock.until(() => blocks().some(({ isCurrent }) => isCurrent), 30_000)
      await clock.until(() => chain.head.number > 3_400n, 500 * blockMs + 60_000)
      const last = blocks().slice(-10)
      expect(last.filter(({ isCurrent }) => !isCurrent).length, 'stays current').toBeLessThanOrEqual(1)
      const behindMs = Number(chain.head.number - (last.at(-1)?.head.number ?? 0n)) * blockMs
      expect(behindMs).toBeLessThan(5_000 + 10 * roundTripMs)
      const all = chain.logs(3_000n).filter(({ block }) => block.number <= (last.at(-1)?.head.number ?? 0n))
      expect(told().filter(({ block }) => block.number >= 3_000n)).toHaveLength(all.length)
    },
  )
})

describe('N5: ranges that a node does not answer', () => {
  const refuse =
    (code: number, message: string): Fault =>
    ({ method }) => {
      throw rpcRefused(method, { code, message, data: undefined })
    }
  const tooMany: readonly (readonly [string, Fault])[] = [
    ['with a refusal', refuse(-32_005, 'query returned more than 10000 results')],
    ['with words of its own', refuse(-32_000, 'zu viele')],
    ['with an invalid request', refuse(-32_600, 'block range too high')],
    ['by hanging', () => new Promise(() => undefined)],
    [
      'with text over HTTP',
      ({ method }) => {
        throw chainUnreachable(method, 'HTTP request failed.', { status: 400, text: 'query too broad' })
      },
    ],
    [
      'with a body over the limit',
      ({ method }) => {
        throw chainUnreachable(method, 'HTTP response body exceeded the size limit.', { isTooLarge: true })
      },
    ],
    [
      'with a gateway that gives up',
      ({ method }) => {
        throw chainUnreachable(method, 'HTTP request failed.', { status: 504 })
      },
    ],
    [
      'with a closed connection',
      ({ method }) => {
        throw chainUnreachable(method, 'socket hang up')
      },
    ],
  ]

  it.each(tooMany)('%s are read in smaller ones, however small, and no log is lost', async (_what, fault) => {
    const { chain, clock, state, blocks, told, isCurrent } = world({ fromBlock: 1n, before: 1, blockMs: 60_000 })
    for (let i = 0; i < 300; i++) chain.mine(1)
    state.fault = (call, options) => (isRange(call) && blocksOf(call) > 3 ? fault(call, options) : undefined)
    await clock.until(isCurrent, 600_000)
    expect(blocks().filter(({ gap }) => gap)).toEqual([])
    expect(told().slice(0, 300)).toEqual(chain.logs(1n).slice(0, 300))
  })

  it('are read several at a time where a node takes only a few blocks', async () => {
    const { chain, clock, state, isCurrent, told } = world({
      fromBlock: 1n,
      before: 1,
      blockMs: 600_000,
      roundTripMs: 100,
    })
    for (let i = 0; i < 8_000; i++) chain.mine(i % 100 === 0 ? 1 : 0)
    state.fault = (call, options) =>
      isRange(call) && blocksOf(call) > 10 ? refuse(-32_600, 'up to a 10 block range')(call, options) : undefined
    const from = clock.now()
    await clock.until(isCurrent, 600_000)
    expect(clock.now() - from).toBeLessThan(100_000)
    expect(told().slice(0, 80)).toEqual(chain.logs(1n).slice(0, 80))
  })

  it('are large again once the node takes them', async () => {
    const { chain, clock, state, isCurrent } = world({ fromBlock: 1n, before: 1, blockMs: 600_000 })
    for (let i = 0; i < 20_000; i++) chain.mine()
    const largest: number[] = []
    state.fault = (call, options) => {
      if (!isRange(call)) return undefined
      largest.push(blocksOf(call))
      return largest.length < 12 ? refuse(-32_005, 'limit exceeded')(call, options) : undefined
    }
    await clock.until(isCurrent, 600_000)
    expect(Math.min(...largest)).toBeLessThanOrEqual(10)
    expect(largest.length).toBeLessThan(150)
    expect(Math.max(...largest.slice(12))).toBeGreaterThan(2_000)
  })

  const limits: readonly (readonly [string, number])[] = [
    ['daily request count exceeded, request rate limited', -32_005],
    ['rate limit exceeded', -32_000],
    ['Unauthorized: You must authenticate your request with an API key.', -32_000],
  ]
  // The whole history, and one final block.
  const starts: readonly bigint[] = [1n, 92n]

  it.each(limits.flatMap((limit) => starts.map((start) => [...limit, start] as const)))(
    'because of "%s" (%d) from block %d are no missing history',
    async (message, code, fromBlock) => {
      const { chain, clock, state, blocks, warned, isCurrent, told } = world({ fromBlock, before: 1, blockMs: 600_000 })
      for (let i = 0; i < 100; i++) chain.mine(1)
      state.fault = (call, options) =>
        isLogs(call) && clock.now() < 400_000 ? refuse(code, message)(call, options) : undefined
      await clock.until(isCurrent, 500_000)
      expect(blocks().filter(({ gap }) => gap)).toEqual([])
      expect(warned).toEqual([])
      expect(told()).toEqual(chain.logs(fromBlock))
    },
  )

  it('are given up where the node says that it does not have them, and the gap is told', async () => {
    const { clock, state, blocks, isCurrent } = world({ fromBlock: 1n, before: 100, blockMs: 600_000 })
    state.fault = (call, options) =>
      isRange(call) ? refuse(4444, 'pruned history unavailable')(call, options) : undefined
    await clock.until(isCurrent, 120_000)
    expect(blocks().filter(({ gap }) => gap)).toHaveLength(1)
  })
})

describe('N6: an odd log', () => {
  it('is told as doubtful, and blinds nobody', async () => {
    const { chain, clock, state, doubtful, hasTold } = world()
    state.logsPerBlock = 2
    state.fault = (call) => {
      if (!isLogs(call)) return undefined
      return chain.client.request(call.method, call.params).then((logs) => {
        assert.ok(Array.isArray(logs))
        return logs.map((log, index) => (index === 1 ? { ...log, removed: true } : log))
      })
    }
    await clock.until(() => chain.head.number > 20n, 60_000)
    const [first, odd] = chain.logs(20n)
    assert.ok(first && odd)
    await clock.until(() => hasTold(first) && doubtful().includes(odd.channelId), 60_000)
  })

  it('of which nobody knows the channel makes a gap', async () => {
    const { chain, clock, state, blocks, hasTold } = world({ blockMs: 3_600_000 })
    await clock.until(() => blocks().length > 0, 10_000)
    state.fault = (call) =>
      isLogs(call)
        ? chain.client
            .request(call.method, call.params)
            .then((logs) => [...(logs as unknown[]), { address: adjudicator }])
        : undefined
    const { hash } = chain.mine(1)
    const [log] = chain.logs(12n)
    assert.ok(log)
    await clock.until(() => hasTold(log), 60_000)
    await clock.until(() => blocks().at(-1)?.gap === true, 60_000)
    expect(blocks().at(-1)?.head.hash).toBe(hash)
    expect(blocks().filter(({ gap }) => gap)).toHaveLength(1)
  })

  it('is no filter of a header either', async () => {
    const { chain, clock, state, isCurrent } = world()
    state.fault = (call) =>
      call.method === 'eth_getBlockByNumber'
        ? chain.client.request(call.method, call.params).then((json) => ({ ...(json as object), logsBloom: '0x' }))
        : undefined
    await clock.until(isCurrent, 10_000)
  })
})

describe('N10: a node that was reset', () => {
  it('is followed anew after half a minute, with a gap, and what was told is taken back', async () => {
    const { chain, clock, state, blocks, resets, hasTold } = world({ blockMs: 2_000 })
    state.logsPerBlock = 1
    await clock.until(() => chain.head.number > 60n, 200_000)
    const standing = chain.logs(chain.head.number - 3n)
    chain.reorg(Number(chain.head.number), [0, 1])
    const from = clock.now()
    await clock.until(() => blocks().at(-1)?.gap === true, 120_000)
    expect(clock.now() - from).toBeLessThan(90_000)
    expect(resets).toHaveLength(1)
    const { removed, head } = blocks().at(-1) ?? {}
    expect(removed).toEqual(expect.arrayContaining(standing.filter(hasTold)))
    assert.ok(head)
    await clock.until(() => (blocks().at(-1)?.head.number ?? 0n) >= head.number + 3n, 60_000)
    const [next] = chain.logs(head.number + 1n)
    assert.ok(next)
    expect(hasTold(next)).toBe(true)
    expect(resets).toHaveLength(1)
  })

  it('is followed by a watcher whose cursor is far ahead of it', async () => {
    const { chain, clock, state, blocks, hasTold, isCurrent } = world({ fromBlock: 5_000n, blockMs: 2_000 })
    state.logsPerBlock = 1
    await clock.until(() => isCurrent() && blocks().some(({ gap }) => gap), 120_000)
    const from = chain.head.number + 1n
    await clock.until(() => chain.head.number > from + 3n, 60_000)
    const [log] = chain.logs(from)
    assert.ok(log)
    await clock.until(() => hasTold(log), 60_000)
  })

  it('is not a node that lags for a while', async () => {
    const { chain, clock, state, blocks, resets } = world({ blockMs: 1_000 })
    await clock.until(() => chain.head.number > 30n, 60_000)
    const old = await chain.client.request('eth_getBlockByNumber', ['0x3', false])
    const since = clock.now()
    state.fault = ({ method, params: [which] }) =>
      method === 'eth_getBlockByNumber' && which === 'latest' && clock.now() - since < 25_000 ? old : undefined
    await clock.until(() => clock.now() - since > 60_000, 120_000)
    expect(blocks().filter(({ gap }) => gap)).toEqual([])
    expect(resets).toEqual([])
  })
})
