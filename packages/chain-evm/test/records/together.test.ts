import { type Block, type ChannelId, parseBlockHash, parseChannelId, parseTransactionHash } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { callsAtBlock } from '../../src/calls/calls-at-block.ts'
import { waysOf } from '../../src/calls/way.ts'
import { v1 } from '../../src/codec/v1.ts'
import { chainReader } from '../../src/logs/chain-reader.ts'
import { recordLookup } from '../../src/records/bulk-records.ts'
import { type RecordReader, recordReader } from '../../src/records/record-reader.ts'
import { toldRecords } from '../../src/records/told-records.ts'
import type { EvmClient } from '../../src/rpc/evm-client.ts'
import { failoverClient } from '../../src/rpc/failover/failover-client.ts'
import { rpcRefused } from '../../src/rpc/rpc-errors.ts'
import { type ManualClock, manualClock } from '../support/clocks.ts'
import { adjudicator, FakeChain } from '../support/fake-chain.ts'

const word = (value: number | string): string => value.toString(16).padStart(64, '0')
const idOf = (index: number): ChannelId => parseChannelId(`0x${word(index + 1)}`)
const ids = (count: number): readonly ChannelId[] => Array.from({ length: count }, (_, index) => idOf(index))
const fields = (version: number): string => [1_000, 60, version, 0, 5, 0].map(word).join('')
const nothing = word(0).repeat(6)

interface Asked {
  readonly kind: 'many' | 'one'
  readonly ids: readonly ChannelId[]
  readonly block: unknown
}

/** What an endpoint says of a channel, asked in either way. `undefined`: nothing. */
type Says = (id: ChannelId, kind: Asked['kind']) => number | undefined
/** Instead of the answer, or `undefined`. */
type Manner = (asked: Asked) => Promise<unknown> | undefined

interface Endpoint {
  readonly says?: Says
  readonly manner?: Manner
}

interface Rig {
  readonly read: RecordReader['read']
  /** What each endpoint was asked, as `many 3` or `one 1`. */
  readonly asked: readonly string[][]
  readonly chain: FakeChain
  readonly clock: ManualClock
  report(block: Block): void
  tell(id: ChannelId, version: bigint): void
  versions(count: number): Promise<readonly (bigint | undefined)[]>
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

function parseCall([call, block, overrides]: readonly unknown[]): Asked {
  if (!isObject(call)) throw new TypeError('no call')
  const digits = String(call['data']).slice(2)
  if (overrides === undefined) return { kind: 'one', ids: [parseChannelId(`0x${digits.slice(8)}`)], block }
  const words = digits.match(/.{64}/g) ?? []
  return { kind: 'many', ids: words.map((each) => parseChannelId(`0x${each}`)), block }
}

function answer(says: Says, { kind, ids: asked }: Asked): string {
  const [first] = asked
  if (kind === 'one') {
    const version = first && says(first, kind)
    return `0x${version === undefined ? nothing : fields(version)}`
  }
  const entries = asked.flatMap((id) => {
    const version = says(id, kind)
    return version === undefined ? [] : [id.slice(2) + fields(version)]
  })
  return `0x${word(asked.length)}${entries.join('')}`
}

function rig(...endpoints: readonly Endpoint[]): Rig {
  const chain = new FakeChain(5)
  const clock = manualClock()
  const asked: string[][] = endpoints.map(() => [])
  const clients = endpoints.map(
    ({ says = () => 7, manner }, at): EvmClient => ({
      async request(method, params) {
        if (method !== 'eth_call') return await chain.client.request(method, params)
        const isCreation = isObject(params[0]) && params[0]['to'] === undefined
        if (isCreation) throw rpcRefused(method, { code: -32_602, message: 'no creation', data: undefined })
        const call = parseCall(params)
        asked[at]?.push(`${call.kind} ${call.ids.length}`)
        return await (manner?.(call) ?? answer(says, call))
      },
    }),
  )
  const [only] = clients
  const several = (): EvmClient =>
    failoverClient({ clock, endpoints: clients.map((client, at) => ({ name: `node ${at}`, client })) })
  const client = clients.length === 1 && only !== undefined ? only : several()
  const told = toldRecords()
  const reader = chainReader(client, adjudicator)
  let reported = chain.head
  const { read } = recordReader({
    calls: callsAtBlock({ client, reader }),
    reader,
    adjudicator,
    generation: v1,
    told,
    ways: waysOf(recordLookup(adjudicator, v1), clock),
    clock,
    reportedHead: () => reported,
  })
  return {
    read,
    asked,
    chain,
    clock,
    report: (block) => {
      reported = block
    },
    tell: (channelId, version) =>
      told.noteLogs([
        {
          channelId,
          version,
          phase: 'dispute',
          timeout: 1_000n,
          block: chain.head,
          logIndex: 0,
          transactionHash: parseTransactionHash(`0x${'77'.repeat(32)}`),
        },
      ]),
    versions: async (count) => {
      const readings = await Promise.all(ids(count).map((id) => read(id)))
      return readings.map(({ record }) => record?.version)
    },
  }
}

const all = (count: number, version: bigint | undefined): readonly (bigint | undefined)[] =>
  Array.from({ length: count }, () => version)

async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('records that are asked for at the same time', () => {
  it('are read in one call', async () => {
    const { versions, asked } = rig({})
    expect(await versions(40)).toEqual(all(40, 7n))
    expect(asked).toEqual([['many 40']])
  })

  it('are read in one call where that is while another one is read', async () => {
    let letGo: (() => void) | undefined
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const slowly: Manner = ({ kind, ids: [id] }) =>
      kind === 'one' && id === idOf(100) ? held.then(() => `0x${fields(3)}`) : undefined
    const { read, versions, asked } = rig({ manner: slowly })
    const first = read(idOf(100))
    await settled()
    const others = versions(20)
    await settled()
    expect(asked).toEqual([['one 1']])
    letGo?.()
    expect((await first).record?.version).toBe(3n)
    expect(await others).toEqual(all(20, 7n))
    expect(asked).toEqual([['one 1', 'many 20']])
  })

  it('are read each at the block that is the newest for it', async () => {
    const blocks: unknown[] = []
    const { chain, report, read } = rig({
      manner: ({ block }) => {
        blocks.push(block)
        return undefined
      },
    })
    const before = chain.head
    const first = [read(idOf(0)), read(idOf(1))]
    const after = chain.mine()
    report(after)
    const second = [read(idOf(0)), read(idOf(1))]
    expect((await Promise.all(first)).map(({ block }) => block)).toEqual([before, before])
    expect((await Promise.all(second)).map(({ block }) => block)).toEqual([after, after])
    expect(blocks).toEqual([{ blockHash: before.hash }, { blockHash: after.hash }])
  })

  it('do not wait for one that hangs', async () => {
    const { read, versions, clock } = rig({
      manner: ({ kind }) => (kind === 'one' ? new Promise(() => undefined) : undefined),
    })
    void read(idOf(100))
    await settled()
    const others = versions(20)
    await settled()
    clock.advance(1_500)
    expect(await others).toEqual(all(20, 7n))
  })
})

describe('a call for many records', () => {
  it.each<[string, Manner]>([
    [
      'is refused',
      async () => {
        throw rpcRefused('eth_call', { code: -32_602, message: 'too many arguments', data: undefined })
      },
    ],
    ['is not run', async () => '0x'],
    ['is answered with something else', async () => `0x${'ff'.repeat(64)}`],
  ])('that %s is not repeated each time, and none is the worse for it', async (_, manner) => {
    const { versions, asked } = rig({ manner: (call) => (call.kind === 'many' ? manner(call) : undefined) })
    expect(await versions(20)).toEqual(all(20, 7n))
    expect(asked[0]?.filter((call) => call.startsWith('many'))).toEqual(['many 20', 'many 1'])
    const before = asked[0]?.length ?? 0
    expect(await versions(20)).toEqual(all(20, 7n))
    expect(asked[0]?.slice(before)).toEqual(Array.from({ length: 20 }, () => 'one 1'))
  })

  it('that hangs is given up, and each is read alone', async () => {
    const { versions, clock } = rig({
      manner: ({ kind }) => (kind === 'many' ? new Promise(() => undefined) : undefined),
    })
    const read = versions(20)
    for (let times = 0; times < 4; times++) {
      await settled()
      clock.advance(2_500)
    }
    expect(await read).toEqual(all(20, 7n))
  })

  it('that is too long is made shorter', async () => {
    const { versions, asked } = rig({
      manner: ({ kind, ids: { length } }) => {
        if (kind === 'one' || length <= 16) return undefined
        return Promise.reject(rpcRefused('eth_call', { code: -32_000, message: 'too large', data: undefined }))
      },
    })
    for (let times = 0; times < 3; times++) expect(await versions(40)).toEqual(all(40, 7n))
    const last = asked[0]?.slice(-4)
    expect(last?.every((call) => call.startsWith('many'))).toBe(true)
  })

  it('of a block that is gone is read at the newest one', async () => {
    const gone: Block = { number: 3n, hash: parseBlockHash(`0x${'77'.repeat(32)}`), timestamp: 36n }
    const { chain, report, read } = rig({
      manner: ({ block }) => {
        if (!isObject(block) || block['blockHash'] !== gone.hash) return undefined
        return Promise.reject(rpcRefused('eth_call', { code: -32_000, message: 'header not found', data: undefined }))
      },
    })
    report(gone)
    const readings = await Promise.all(ids(3).map((id) => read(id)))
    expect(readings.map(({ block }) => block)).toEqual([chain.head, chain.head, chain.head])
  })
})

describe('what one call says of many records is no less doubted than what it says of one', () => {
  it('that there is no record, or an older one than was told, is asked for alone', async () => {
    for (const hidden of [undefined, 3]) {
      const says: Says = (id, kind) => (kind === 'many' && id === idOf(1) ? hidden : 7)
      const { versions, tell, asked } = rig({ says })
      tell(idOf(1), 7n)
      expect(await versions(3)).toEqual(all(3, 7n))
      expect(asked).toEqual([['many 3', 'one 1']])
    }
  })

  it('and of another endpoint, where the same one says so again', async () => {
    for (const hidden of [undefined, 3]) {
      const liar: Says = (id) => (id === idOf(1) ? hidden : 7)
      const { versions, tell, asked } = rig({ says: liar }, {})
      tell(idOf(1), 7n)
      expect(await versions(3)).toEqual(all(3, 7n))
      expect(asked).toEqual([['many 3', 'one 1'], ['one 1']])
    }
  })

  it('is told as it is where all say the same', async () => {
    const { versions, asked } = rig({ says: () => undefined }, { says: () => undefined })
    expect(await versions(2)).toEqual(all(2, undefined))
    expect(asked).toEqual([
      ['many 2', 'one 1', 'one 1'],
      ['one 1', 'one 1'],
    ])
  })
})
