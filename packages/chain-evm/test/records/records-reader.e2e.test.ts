import { type Block, type ChannelId, type OnChainRecord, parseBlockHash, parseChannelId } from '@perun-watcher/core'
import { type BulkReading, silentLogger } from '@perun-watcher/core/adapter'
import { createActor, type Devnet, devKey, openChannel, startDevnet } from '@perun-watcher/devnet'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callsAtBlock } from '../../src/calls/calls-at-block.ts'
import { waysOf } from '../../src/calls/way.ts'
import { v1 } from '../../src/codec/v1.ts'
import { type Address, type EvmClient, parseAddress } from '../../src/index.ts'
import { chainReader } from '../../src/logs/chain-reader.ts'
import { recordLookup } from '../../src/records/bulk-records.ts'
import { recordReader } from '../../src/records/record-reader.ts'
import { type RecordsReader, recordsReader } from '../../src/records/records-reader.ts'
import { type ToldRecords, toldRecords } from '../../src/records/told-records.ts'
import { failoverClient } from '../../src/rpc/failover/failover-client.ts'
import { chainUnreachable, rpcRefused } from '../../src/rpc/rpc-errors.ts'
import { manualClock } from '../support/clocks.ts'
import { httpClient } from '../transactions/support/rpc.ts'

let devnet: Devnet
let adjudicator: Address
let node: EvmClient
let known: readonly ChannelId[]
let head: Block

beforeAll(async () => {
  devnet = await startDevnet()
  adjudicator = parseAddress(devnet.contracts.adjudicator)
  node = httpClient(devnet.rpcUrl)
  const alice = await createActor(devnet, devKey(1))
  const register = async (version: bigint): Promise<ChannelId> => {
    const channel = openChannel(devnet, { actors: [alice, alice], balances: [1n, 2n], challengeDuration: 60n })
    await devnet.confirm(alice.register(await channel.signed(channel.state(version))))
    return parseChannelId(channel.id)
  }
  known = [await register(1n), await register(0n), await register(7n)]
  head = await chainReader(node, adjudicator).latest()
})
afterAll(() => devnet.stop())

/** How an endpoint differs from the node behind it; it may be another one for each call. */
type Manner = (request: EthCall) => unknown

interface EthCall {
  readonly call: Readonly<Record<string, unknown>>
  readonly block: unknown
  readonly overrides: unknown
  readonly kind: 'override' | 'creation' | 'single'
  /** How many ids are handed over. */
  readonly ids: number
  /** Asks the node, with other parameters where they are given. */
  readonly ask: (...params: readonly unknown[]) => Promise<unknown>
}

const creationBytes = 49_152 - 32 * 1530

interface Rig {
  readonly read: RecordsReader
  /** The endpoint as it is from now on. */
  manner: Manner | undefined
  /** Every `eth_call`: what kind it was, and of how many ids. */
  readonly calls: { readonly kind: EthCall['kind']; readonly ids: number }[]
  readonly told: ToldRecords
  advance(ms: number): void
}

/** @param place which of two endpoints, from 0, is the one whose manner can change; `undefined`: it is the only one. */
function rig(reported?: Block, place?: 0 | 1): Rig {
  const clock = manualClock()
  const calls: Rig['calls'] = []
  const told = toldRecords()
  const own: EvmClient = {
    async request(method, params, options) {
      if (method !== 'eth_call') return await node.request(method, params, options)
      const [call, block, overrides] = params
      if (!isObject(call)) throw new TypeError('no call')
      const bytes = (String(call['data']).length - 2) / 2
      const kind = overrides !== undefined ? 'override' : call['to'] === undefined ? 'creation' : 'single'
      const ids = Math.floor((kind === 'creation' ? bytes - creationBytes : bytes) / 32)
      calls.push({ kind, ids })
      const ask = (...others: readonly unknown[]): Promise<unknown> =>
        node.request('eth_call', others.length > 0 ? others : params, options)
      return await (made.manner === undefined ? ask() : made.manner({ call, block, overrides, kind, ids, ask }))
    },
  }
  const both = [own, node]
  const endpoints = (place === 1 ? both.toReversed() : both).map((each, at) => ({ name: `${at}`, client: each }))
  const client = place === undefined ? own : failoverClient({ endpoints, clock })
  const reader = chainReader(client, adjudicator)
  const atBlock = callsAtBlock({ client, reader })
  const ways = waysOf(recordLookup(adjudicator, v1), clock)
  const single = recordReader({
    calls: atBlock,
    reader,
    adjudicator,
    generation: v1,
    told,
    ways,
    clock,
    reportedHead: () => reported ?? head,
  })
  const made: Rig = {
    manner: undefined,
    calls,
    told,
    advance: clock.advance,
    read: recordsReader({
      calls: atBlock,
      recordReader: single,
      adjudicator,
      generation: v1,
      told,
      ways,
      clock,
      random: () => 0.4,
      logger: silentLogger,
    }),
  }
  return made
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
const refuse = (message: string): never => {
  throw rpcRefused('eth_call', { code: -32000, message, data: undefined })
}

const stranger = (n: number): ChannelId => parseChannelId(`0x${n.toString(16).padStart(64, '5')}`)

/** As many channels; the known ones are spread over them. */
function channels(count: number): readonly ChannelId[] {
  const ids = Array.from({ length: count }, (_, n) => stranger(n))
  for (const [position, id] of known.entries()) ids[Math.floor(((position + 1) * count) / 4)] = id
  return ids
}

/** Versions by channel of all that a number of readings found; each channel is read once. */
async function readAll(
  read: RecordsReader,
  ids: readonly ChannelId[],
): Promise<{ readonly found: ReadonlyMap<ChannelId, OnChainRecord>; readonly readings: readonly BulkReading[] }> {
  const found = new Map<ChannelId, OnChainRecord>()
  const readings: BulkReading[] = []
  for (let at = 0; at < ids.length; ) {
    const reading = await read(ids.slice(at))
    expect(reading.readings.length).toBeGreaterThan(0)
    for (const [position, { record }] of reading.readings.entries()) {
      const id = ids[at + position]
      if (record !== undefined && id !== undefined) found.set(id, record)
    }
    at += reading.readings.length
    readings.push(reading)
  }
  return { found, readings }
}

async function expectTruth(read: RecordsReader, ids: readonly ChannelId[]): Promise<readonly BulkReading[]> {
  const { found, readings } = await readAll(read, ids)
  expect([...found].map(([id, { version }]) => [id, version])).toEqual(
    ids.filter((id) => known.includes(id)).map((id) => [id, [1n, 0n, 7n][known.indexOf(id)]]),
  )
  return readings
}

const waysTaken = (readings: readonly BulkReading[]): readonly string[] => [...new Set(readings.map(({ way }) => way))]

describe('reading many records', () => {
  it('takes one call, and one more that checks it now and then', async () => {
    const { read, calls } = rig()
    const readings = await expectTruth(read, channels(3_000))
    expect(readings).toMatchObject([{ way: 'override', calls: 2 }])
    expect(readings[0]?.readings.every(({ block }) => block.hash === head.hash)).toBe(true)
    await expectTruth(read, channels(3_000))
    expect(calls.map(({ kind }) => kind)).toEqual(['override', 'single', 'override'])
  })

  it('says of each record what a single reading says', async () => {
    const { read } = rig()
    const { found } = await readAll(read, channels(10))
    const singly = rig()
    singly.manner = ({ kind, ask }) => (kind === 'single' ? ask() : refuse('no'))
    expect(found).toEqual((await readAll(singly.read, channels(10))).found)
  })

  it('asks for more gas where what a call gets by itself does not suffice', async () => {
    const { read, calls } = rig()
    await expectTruth(read, channels(15_000))
    expect(calls.filter(({ kind }) => kind === 'override').map(({ ids }) => ids)).toEqual([5_000, 5_000, 5_000, 1_004])
  })

  it('takes what it gets where a node gives no more gas', async () => {
    const made = rig()
    made.manner = ({ call, ask }) => (call['gas'] === undefined ? ask() : refuse('gas limit is too high'))
    const readings = await expectTruth(made.read, channels(12_000))
    expect(waysTaken(readings)).toEqual(['override'])
    expect(made.calls.length).toBeLessThan(8)
  })

  it.each<[string, Manner]>([
    ['refuses state overrides', ({ kind, ask }) => (kind === 'override' ? refuse('too many arguments') : ask())],
    ['ignores them', ({ call, block, kind, ask }) => (kind === 'override' ? ask(call, block) : ask())],
    ['answers them with nonsense', ({ kind, ask }) => (kind === 'override' ? `0x${'00'.repeat(32)}` : ask())],
    ['answers them with no bytes', ({ kind, ask }) => (kind === 'override' ? null : ask())],
    [
      'says that one more channel was read than asked for',
      ({ kind, ids, ask }) => (kind === 'override' ? `0x${(ids + 1).toString(16).padStart(64, '0')}` : ask()),
    ],
    [
      'leaves the last byte out',
      async ({ kind, ask }) => (kind === 'override' ? String(await ask()).slice(0, -2) : await ask()),
    ],
  ])('goes by creation code where a node %s', async (_, manner) => {
    const made = rig()
    made.manner = manner
    const readings = await expectTruth(made.read, channels(4_000))
    expect(waysTaken(readings)).toEqual(['creation'])
    expect(made.calls.length).toBeLessThanOrEqual(8)
  })

  it('reads one by one where a node takes neither', async () => {
    const made = rig()
    made.manner = ({ kind, ask }) => (kind === 'single' ? ask() : refuse('no'))
    const readings = await expectTruth(made.read, channels(100))
    expect(waysTaken(readings)).toEqual(['single'])
    expect(made.calls.filter(({ kind }) => kind !== 'single').length).toBeLessThanOrEqual(4)
  })

  it('goes back to the better way once the node takes it, also later and later', async () => {
    const made = rig()
    made.manner = ({ kind, ask }) => (kind === 'single' ? ask() : refuse('no'))
    for (let hours = 0; hours < 12; hours++) {
      await expectTruth(made.read, channels(10))
      made.advance(3_600_000)
    }
    made.manner = undefined
    made.advance(2 * 3_600_000)
    expect(waysTaken(await expectTruth(made.read, channels(4_000)))).toEqual(['override'])
  })

  it.each([
    ['refuses', () => refuse('response too large')],
    ['does not answer', () => Promise.reject(chainUnreachable('eth_call', 'timeout'))],
  ])('hands over fewer where a node %s large calls, and more again once it takes them', async (_, fail) => {
    const made = rig()
    made.manner = ({ ids, ask }) => (ids > 700 ? fail() : ask())
    const ids = channels(600)
    for (let tries = 0; tries < 30; tries++) await made.read(channels(6_000)).catch(() => undefined)
    made.calls.length = 0
    for (let times = 0; times < 20; times++) {
      const { way, readings } = await made.read(ids).catch(() => ({ way: 'override', readings: [] }))
      expect(way).toBe('override')
      expect(readings.length).toBeLessThan(701)
    }
    // Hardly any of them in vain, nor far below what the node takes.
    expect(made.calls.length).toBeLessThan(40)
    expect(made.calls.filter((call) => call.ids > 500).length).toBeGreaterThan(15)
    made.manner = undefined
    for (let times = 0; times < 600; times++) await made.read(ids.slice(0, 1))
    await expectTruth(made.read, channels(12_000))
    expect(Math.max(...made.calls.map((call) => call.ids))).toBeGreaterThan(4_000)
  })

  it('blames no way for an endpoint that answers nothing', async () => {
    const made = rig()
    made.manner = () => Promise.reject(chainUnreachable('eth_call', 'down'))
    for (let tries = 0; tries < 5; tries++) {
      await expect(made.read(channels(10))).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE', retryable: true })
    }
    made.manner = () => refuse('daily request count exceeded')
    await expect(made.read(channels(10))).rejects.toMatchObject({ retryable: true })
    made.manner = undefined
    expect(await expectTruth(made.read, channels(4_000))).toMatchObject([{ way: 'override' }])
  })

  it('does not believe a node that suddenly knows of no record', async () => {
    const made = rig()
    await expectTruth(made.read, channels(100))
    made.manner = ({ kind, ids, ask }) => (kind === 'single' ? ask() : `0x${ids.toString(16).padStart(64, '0')}`)
    expect(waysTaken(await expectTruth(made.read, channels(100)))).toEqual(['single'])
  })

  it('does not believe a node that tells of records that there are not', async () => {
    const made = rig()
    const record = [9n, 60n, 9n, 0n, 5n, 0n].map((value) => value.toString(16).padStart(64, '0')).join('')
    made.manner = ({ kind, ids, call, ask }) =>
      kind === 'override'
        ? `0x${ids.toString(16).padStart(64, '0')}${'77'.repeat(32)}${record}`
        : kind === 'creation'
          ? `0x${ids.toString(16).padStart(64, '0')}${String(call['data']).slice(-64)}${record}`
          : ask()
    await expectTruth(made.read, [...known, stranger(1), stranger(2)])
  })

  it('names the block by its number where a node takes no hash, and checks that it is that block', async () => {
    const made = rig()
    made.manner = ({ block, ask }) => (typeof block === 'string' ? ask() : refuse('invalid block parameter'))
    const readings = await expectTruth(made.read, channels(8_000))
    expect(waysTaken(readings)).toEqual(['override'])
    expect(readings.flatMap(({ readings: each }) => each).every(({ block }) => block.hash === head.hash)).toBe(true)
  })

  it('reads at the newest block where the node does not know the one told', async () => {
    const gone = { ...head, hash: parseBlockHash(`0x${'77'.repeat(32)}`) }
    for (const manner of [undefined, ({ block, ask }: EthCall) => (typeof block === 'string' ? ask() : refuse('no'))]) {
      const made = rig(gone)
      made.manner = manner
      const [reading] = await expectTruth(made.read, channels(10))
      expect(reading?.readings[0]?.block.hash).toBe(head.hash)
    }
  })

  it('tells the truth or nothing, whatever a node does now and then', async () => {
    const faults: readonly Manner[] = [
      () => refuse('limit exceeded'),
      () => Promise.reject(chainUnreachable('eth_call', 'timeout')),
      () => '0x',
      () => null,
      async ({ ask }) => String(await ask()).slice(0, -64),
      async ({ ask }) => `${String(await ask())}${'00'.repeat(32)}`,
      async ({ ask }) => `0x${'00'.repeat(32)}${String(await ask()).slice(66)}`,
      ({ call, block, ask }) => ask(call, block),
      ({ call, block, overrides, ask }) =>
        ask({ ...call, gas: '0x100000' }, block, ...(overrides === undefined ? [] : [overrides])),
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(fc.option(fc.nat(faults.length - 1), { freq: 2 })),
        fc.integer({ min: 4, max: 300 }),
        async (draws, count) => {
          const made = rig()
          // A single reading is believed, so only its absence is a fault.
          made.manner = (request) => {
            const drawn = draws.next().value
            const fault = faults[request.kind === 'single' ? Math.min(drawn ?? 99, 99) : (drawn ?? 99)]
            const isHonest = fault === undefined || (request.kind === 'single' && faults.indexOf(fault) > 1)
            return isHonest ? request.ask() : fault(request)
          }
          for (let times = 0; times < 8; times++) {
            const ids = channels(count)
            const reading = await made.read(ids).catch(() => undefined)
            for (const [position, { record }] of (reading?.readings ?? []).entries()) {
              const id = ids[position]
              const version = id === undefined ? undefined : [1n, 0n, 7n][known.indexOf(id)]
              expect(record?.version).toBe(version)
            }
            made.advance(300_000)
          }
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('reading many records beside an endpoint that hides them', () => {
  /** Without the state of the block: as if nobody had ever registered anything. */
  const emptied: Manner = async ({ kind, ask }) =>
    kind === 'single' ? `0x${'00'.repeat(192)}` : String(await ask()).slice(0, 66)
  /** All but the first that there would be. */
  const halved: Manner = async ({ kind, ask }) => {
    const answer = String(await ask())
    return kind === 'single' ? answer : answer.slice(0, 66 + 64 * 7)
  }
  const manners: readonly (readonly [string, Manner])[] = [
    ['of all', emptied],
    ['of all but the first', halved],
    ['of all, and takes no bulk readings', (request) => (request.kind === 'single' ? emptied(request) : refuse('no'))],
    ['of all in bulk', (request) => (request.kind === 'single' ? request.ask() : emptied(request))],
  ]

  it.each(manners)('tells %s what another one tells, once one record is known', async (_what, manner) => {
    for (const place of [0, 1] as const) {
      const made = rig(undefined, place)
      await expectTruth(made.read, channels(30))
      for (const id of known) made.told.note(id, { version: 0n, phase: 'dispute' })
      made.manner = manner
      for (let times = 0; times < 40; times++) {
        await expectTruth(made.read, channels(30))
        made.advance(300_000)
      }
      made.manner = undefined
      made.advance(24 * 3_600_000)
      expect(waysTaken(await expectTruth(made.read, channels(30)))).toEqual(['override'])
    }
  })

  it('believes one that answers in the place of another one, whatever that one hides', async () => {
    const made = rig(undefined, 0)
    const missing = { code: -32_601, message: 'the method eth_call does not exist/is not available', data: undefined }
    made.manner = (request) => {
      if (request.kind === 'single') return emptied(request)
      throw rpcRefused('eth_call', missing)
    }
    for (let times = 0; times < 40; times++) {
      expect(waysTaken(await expectTruth(made.read, [...known, stranger(1), stranger(2)]))).toEqual(['override'])
    }
  })

  it('knows one record by what a log told', async () => {
    const made = rig(undefined, 0)
    for (const id of known) made.told.note(id, { version: 0n, phase: 'dispute' })
    made.manner = emptied
    await expectTruth(made.read, channels(30))
  })

  it('asks no other one but for the check now and then where nobody hides anything', async () => {
    const made = rig(undefined, 1)
    for (let times = 0; times < 32; times++) await expectTruth(made.read, channels(30))
    expect(made.calls.map(({ kind }) => kind)).toEqual(['single', 'single'])
  })
})
