import {
  type AdjudicatorLog,
  type Block,
  type OnChainRecord,
  parseChannelId,
  parseTransactionHash,
} from '@perun-watcher/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { callsAtBlock } from '../../src/calls/calls-at-block.ts'
import { v1 } from '../../src/codec/v1.ts'
import { chainReader } from '../../src/logs/chain-reader.ts'
import { recordReader } from '../../src/records/record-reader.ts'
import { toldRecords } from '../../src/records/told-records.ts'
import { failoverClient } from '../../src/rpc/failover/failover-client.ts'
import { chainUnreachable, rpcRefused } from '../../src/rpc/rpc-errors.ts'
import { manualClock } from '../support/clocks.ts'
import { adjudicator, FakeChain } from '../support/fake-chain.ts'

const id = parseChannelId(`0x${'01'.repeat(32)}`)

/** What an endpoint says of the record: a version, none, or something else than a record. */
type Says = number | 'none' | 'later' | 'silence' | 'nonsense'

const words = (...values: readonly number[]): string =>
  `0x${values.map((value) => value.toString(16).padStart(64, '0')).join('')}`

function answerOf(says: Says, block: unknown): unknown {
  switch (says) {
    case 'none':
      return words(0, 0, 0, 0, 0, 0)
    case 'nonsense':
      return '0x'
    case 'silence':
      throw chainUnreachable('eth_call', 'timeout')
    case 'later':
      // Behind by some blocks, and the record is older than that.
      if (block === 'latest') return words(1_000, 60, 7, 0, 5, 0)
      throw rpcRefused('eth_call', { code: -32_000, message: 'header not found', data: undefined })
    default:
      return words(1_000, 60, says, 0, 5, 0)
  }
}

interface Rig {
  read(): Promise<OnChainRecord | undefined>
  /** The endpoints that were asked for a record, by their place. */
  readonly asked: number[]
  readonly says: Says[]
  readonly chain: FakeChain
  tell(version: bigint): void
}

function rig(...first: readonly Says[]): Rig {
  const chain = new FakeChain(5)
  const says = [...first]
  const asked: number[] = []
  const clock = manualClock()
  const client = failoverClient({
    clock,
    endpoints: says.map((_, at) => ({
      name: `node ${at}`,
      client: {
        async request(method, params) {
          if (method !== 'eth_call') return await chain.client.request(method, params)
          asked.push(at)
          return answerOf(says[at] ?? 'silence', params[1])
        },
      },
    })),
  })
  const told = toldRecords()
  const reader = chainReader(client, adjudicator)
  const calls = callsAtBlock({ client, reader })
  const deps = { calls, reader, adjudicator, generation: v1, told, ways: [], clock, reportedHead: () => chain.head }
  const { read } = recordReader(deps)
  return {
    chain,
    says,
    asked,
    read: async () => (await read(id)).record,
    tell: (version) => told.noteLogs([log(version, chain.head)]),
  }
}

const log = (version: bigint, block: Block): AdjudicatorLog => ({
  channelId: id,
  version,
  phase: 'dispute',
  timeout: 1_000n,
  block,
  logIndex: 0,
  transactionHash: parseTransactionHash(`0x${'77'.repeat(32)}`),
})

describe('no single one of several endpoints makes a record vanish', () => {
  it.each<[string, readonly Says[], bigint | undefined, readonly number[]]>([
    ['says that there is none, and there is', ['none', 7], 7n, [0, 1]],
    ['says that there is none, and is right', ['none', 'none'], undefined, [0, 1]],
    ['is the second', [7, 'none'], 7n, [0]],
    ['steps in for one that does not answer', ['silence', 'none', 7], 7n, [0, 1, 2]],
    ['steps in for one that says nothing sensible', ['nonsense', 'none', 7], 7n, [0, 1, 2]],
    ['is the only one that answers sensibly', ['nonsense', 'none'], undefined, [0, 1, 1]],
    ['is the only one that there is', ['none'], undefined, [0]],
  ])('where it %s', async (_what, says, version, wanted) => {
    const { read, asked } = rig(...says)
    expect((await read())?.version).toBe(version)
    expect(asked).toEqual(wanted)
  })

  it.each<[string, Says]>([
    ['none', 'none'],
    ['an older one', 3],
  ])('where it says that there is %s, and a log told otherwise', async (_what, said) => {
    const { read, tell } = rig(said, 7)
    tell(7n)
    expect((await read())?.version).toBe(7n)
  })

  it('nor do two, where a log told otherwise and a third one knows', async () => {
    const { read, tell, asked } = rig('none', 3, 7, 7)
    tell(7n)
    expect((await read())?.version).toBe(7n)
    expect(asked).toEqual([0, 1, 2])
    const others = rig('none', 'none', 'none')
    others.tell(7n)
    expect(await others.read()).toBeUndefined()
    expect(await others.read()).toBeUndefined()
    // From then on as if nothing had been told.
    expect(others.asked).toEqual([0, 1, 2, 2, 0, 1])
  })

  it('where it says that there is an older one than it said before', async () => {
    const { read, says, asked } = rig(7, 7)
    await read()
    says[0] = 3
    expect((await read())?.version).toBe(7n)
    expect(asked).toEqual([0, 0, 1])
  })

  it('believes several that there is an older one: a reorg took the newer one away', async () => {
    const { read, tell, asked } = rig(3, 3)
    tell(7n)
    expect((await read())?.version).toBe(3n)
    await read()
    // The last of them twice: whoever else there were would have been asked.
    expect(asked).toEqual([0, 1, 1, 0])
  })

  it('hears one that has not come to the block yet on what it knows', async () => {
    const { read } = rig('none', 'later')
    expect((await read())?.version).toBe(7n)
  })

  it('waits for one that does not answer, and not for ever', async () => {
    for (const fails of ['silence', 'nonsense'] as const) {
      const { read, says } = rig('none', fails)
      await expect(read()).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE', retryable: true })
      says[1] = 7
      expect((await read())?.version).toBe(7n)
      says[1] = fails
      const told = await Promise.all([1, 2, 3, 4].map(() => read().catch(() => 'nothing')))
      expect(told).toContain(undefined)
    }
  })

  it('does not wait again and again where nobody else ever answers', async () => {
    const { read, asked } = rig('none', 'nonsense')
    for (let times = 0; times < 3; times++) await read().catch(() => undefined)
    asked.length = 0
    for (let times = 0; times < 10; times++) expect(await read()).toBeUndefined()
    expect(asked.filter((at) => at === 0).length).toBe(10)
  })

  it('tells of what one of them says the most, whatever the others say', async () => {
    const any = fc.constantFrom<Says>('none', 3, 7)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(any, any), { minLength: 1, maxLength: 12 }), async (turns) => {
        const { read, says } = rig('none', 'none')
        let known = -1
        for (const [first, second] of turns) {
          says.splice(0, 2, first, second)
          const said = versionOf(first)
          const most = Math.max(said, versionOf(second))
          const isDoubtful = said === -1 || said < known
          known = isDoubtful ? most : said
          expect(Number((await read())?.version ?? -1)).toBe(known)
        }
      }),
    )
  })
})

const versionOf = (says: Says): number => (typeof says === 'number' ? says : -1)
