import { type ChannelId, parseChannelId } from '@perun-watcher/core'
import { type Actor, createActor, type Devnet, devKey, openChannel, startDevnet } from '@perun-watcher/devnet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { creationProgram, type Lookup, overrideProgram } from '../../src/calls/bulk-program.ts'
import { v1 } from '../../src/codec/v1.ts'
import { type Address, type EvmClient, parseAddress } from '../../src/index.ts'
import { parseBulkRecords, recordLookup } from '../../src/records/bulk-records.ts'
import { parseRpcBytes } from '../../src/rpc/parse-rpc.ts'
import { httpClient } from '../transactions/support/rpc.ts'

let devnet: Devnet
let adjudicator: Address
let lookup: Lookup
let client: EvmClient
let known: readonly ChannelId[]

beforeAll(async () => {
  // What most nodes give a call.
  devnet = await startDevnet({ args: ['--gas-limit', '50000000'] })
  adjudicator = parseAddress(devnet.contracts.adjudicator)
  lookup = recordLookup(adjudicator, v1)
  client = httpClient(devnet.rpcUrl)
  const alice: Actor = await createActor(devnet, devKey(1))
  const register = async (version: bigint): Promise<ChannelId> => {
    const channel = openChannel(devnet, { actors: [alice, alice], balances: [1n, 2n], challengeDuration: 60n })
    await devnet.confirm(alice.register(await channel.signed(channel.state(version))))
    return parseChannelId(channel.id)
  }
  known = [await register(1n), await register(0n), await register(7n)]
})
afterAll(() => devnet.stop())

const stranger = (n: number): ChannelId => parseChannelId(`0x${n.toString(16).padStart(64, '5')}`)
const at = <T>(list: readonly T[], position: number): T => {
  const item = list[position]
  if (item === undefined) throw new RangeError(`nothing at ${position}`)
  return item
}

/** Between many that the adjudicator has never heard of: one at the start, one in the middle, one at the end. */
function mixed(count: number): readonly ChannelId[] {
  const ids = Array.from({ length: count }, (_, n) => stranger(n))
  return ids
    .with(0, at(known, 0))
    .with(count >> 1, at(known, 1))
    .with(count - 1, at(known, 2))
}

const dataOf = (ids: readonly ChannelId[]): string => ids.map((id) => id.slice(2)).join('')
const somewhere = `0x${'5e'.repeat(20)}`

type Run = (ids: readonly ChannelId[], gas?: number) => Promise<unknown>

const runs: readonly [string, Run, () => number][] = [
  [
    'code in a state override',
    (ids, gas) => {
      const { code } = overrideProgram(lookup)
      const call = { to: somewhere, data: `0x${dataOf(ids)}`, ...limit(gas) }
      return client.request('eth_call', [call, 'latest', { [somewhere]: { code } }])
    },
    () => overrideProgram(lookup).mostIds,
  ],
  [
    'creation code',
    (ids, gas) => {
      const { code } = creationProgram(lookup)
      return client.request('eth_call', [{ data: `${code}${dataOf(ids)}`, ...limit(gas) }, 'latest'])
    },
    () => creationProgram(lookup).mostIds,
  ],
]

const limit = (gas: number | undefined): object => (gas === undefined ? {} : { gas: `0x${gas.toString(16)}` })

async function single(id: ChannelId): Promise<unknown> {
  const answer = await client.request('eth_call', [{ to: adjudicator, data: v1.encodeDisputes(id) }, 'latest'])
  return v1.decodeDisputes(parseRpcBytes(answer, 'disputes'), 5n)
}

describe.each(runs)('records read by %s', (_, run, most) => {
  const read = async (ids: readonly ChannelId[], gas?: number) =>
    parseBulkRecords(parseRpcBytes(await run(ids, gas), 'answer'), ids, v1, lookup, 5n)

  it('are those that single calls read', async () => {
    const ids = mixed(20)
    const { count, records } = await read(ids)
    expect(count).toBe(20)
    expect([...records.keys()]).toEqual(known)
    for (const id of known) expect(records.get(id)).toEqual(await single(id))
  })

  it('of one channel, and of none that has one', async () => {
    expect(await read(known.slice(0, 1))).toMatchObject({ count: 1, records: { size: 1 } })
    expect(await read([stranger(1)])).toMatchObject({ count: 1, records: { size: 0 } })
  })

  it('go into one call for as many channels as are planned', async () => {
    const ids = mixed(most())
    const { count, records } = await read(ids)
    expect(count).toBe(ids.length)
    expect([...records.keys()]).toEqual(known)
  })

  it('end where the gas does, and say so', async () => {
    const ids = mixed(200)
    const { count, records } = await read(ids, 1_200_000)
    expect(count).toBeGreaterThan(20)
    expect(count).toBeLessThan(150)
    expect([...records.keys()]).toEqual(known.slice(0, count > 100 ? 2 : 1))
  })

  it('takes less than 10 000 gas for each', async () => {
    const ids = mixed(1_000)
    const { count } = await read(ids, 10_000_000)
    expect(count).toBe(ids.length)
  })
})

describe('creation code', () => {
  it('ends where the answer would be larger than a contract, and says so', async () => {
    const ids = Array.from({ length: 400 }, (_, n) => at(known, n % 3))
    const { code } = creationProgram(lookup)
    const answer = parseRpcBytes(await client.request('eth_call', [{ data: `${code}${dataOf(ids)}` }, 'latest']), 'it')
    expect((answer.length - 2) / 2).toBeLessThanOrEqual(24_576)
    expect(Number(BigInt(answer.slice(0, 66)))).toBe(109)
  })

  it('is as large as a chain takes, with its ids', () => {
    const { code, mostIds } = creationProgram(lookup)
    const bytes = (code.length - 2) / 2 + 32 * mostIds
    expect(bytes).toBeLessThanOrEqual(49_152)
    expect(bytes).toBeGreaterThan(49_152 - 32)
  })
})
