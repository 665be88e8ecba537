import { describe, expect, it } from 'vitest'
import type { RecordReading } from '../../../src/adapter.ts'
import type { OnChainRecord } from '../../../src/index.ts'
import { concludes, modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { parseStateHash } from '../../../src/validation/parse-hex.ts'
import { setup } from '../../support/setup.ts'

type Lie = (record: OnChainRecord) => OnChainRecord | undefined

const lies: readonly (readonly [string, Lie])[] = [
  ['nothing is registered', () => undefined],
  ['it is older', (record) => ({ ...record, version: 0n })],
  ['it is newer', (record) => ({ ...record, version: 999n })],
  ['it is concluded', (record) => ({ ...record, phase: 'concluded' })],
  ['it was played', (record) => ({ ...record, phase: 'forceExec' })],
  ['its window is over', (record) => ({ ...record, timeout: 0n })],
]

const duration = 1_200n

/** A client publishes with every block, and one reading in the last part of the window is wrong. @returns what stands of what. */
async function play(lie: Lie, at: number, lasts: number) {
  const chain = modelChain()
  let [late, told] = [0, 0]
  let lateFrom = chain.now + duration
  function tell(reading: RecordReading): RecordReading {
    if (chain.now < lateFrom || reading.record === undefined) return reading
    const isLie = late >= at && late < at + lasts
    late += 1
    if (isLie) told += 1
    return isLie ? { ...reading, record: lie(reading.record) } : reading
  }
  await using s = await setup({
    chain,
    chainOverrides: { readRecord: async (...args) => tell(await chain.readRecord(...args)) },
  })
  const channel = testChannel({ duration })
  const watch = await s.watch(channel.signed(5n))
  // So that the sweep does not come between the lie and the end.
  for (let block = 0; block < 14; block++) await s.mine()
  await s.mine({ calls: [registers(channel.signed(1n))] })
  const timeout = chain.dispute(channel.id)?.timeout ?? 0n
  lateFrom = timeout - 250n
  let version = 5n
  while (chain.now + 12n < timeout) {
    if (chain.now + 72n < timeout) await watch.publish(channel.signed(++version))
    await s.mine()
  }
  return { stands: chain.dispute(channel.id)?.version, version, told, late }
}

describe('one wrong reading in the last part of the window', () => {
  it.each(lies)('D7: "%s" does not end the dispute', { timeout: 120_000 }, async (_, lie) => {
    const lost: unknown[] = []
    for (let [at, count] = [0, 1]; at < count; at++) {
      const { stands, version, late } = await play(lie, at, 1)
      count = late
      if (stands !== version) lost.push({ at, stands, version })
    }
    expect(lost).toEqual([])
  })

  it.each([2, 3, 4])('D7: %i in a row do not either', { timeout: 120_000 }, async (lasts) => {
    const lost: unknown[] = []
    for (const [name, lie] of lies) {
      const { stands, version, told } = await play(lie, 1, lasts)
      expect(told).toBe(lasts)
      if (stands !== version) lost.push({ name, stands, version })
    }
    expect(lost).toEqual([])
  })
})

const ofNoState = parseStateHash(`0x${'ee'.repeat(32)}`)

describe('one wrong hash of what a channel below is closed at', () => {
  it('D5, D7: does not keep the newest root state out for the rest of the window', async () => {
    const chain = modelChain({ finalityDepth: 64n })
    const sub = testChannel({ kind: 'sub', funds: 50n, duration })
    let told = 0
    await using s = await setup({
      chain,
      chainOverrides: {
        async readRecord(id, options) {
          const reading = await chain.readRecord(id, options)
          if (id !== sub.id || reading.record?.phase !== 'concluded' || told++ > 0) return reading
          return { ...reading, record: { ...reading.record, stateHash: ofNoState } }
        },
      },
    })
    const root = testChannel({ duration })
    const rootWatch = await s.watch(root.signed(1n))
    await rootWatch.publish(root.signed(3n, { locks: [sub] }))
    const watch = await s.watch(sub.signed(1n), root)
    for (let version = 2n; version <= 5n; version++) await watch.publish(sub.signed(version))
    // So that the sweep does not come between the lie and the end.
    for (let block = 0; block < 14; block++) await s.mine()
    await s.mine({ calls: [registers(root.signed(1n))] })
    const timeout = chain.dispute(root.id)?.timeout ?? 0n
    while (chain.now + 240n < timeout) await s.mine()
    const own = testChannel({ duration: 0n }).signed(0n, { locks: [sub] })
    await s.mine({ calls: [registers(own, [sub.signed(5n)], true), concludes(own, [sub.signed(5n)])] })
    await rootWatch.publish(root.signed(4n, { locks: [sub] }))
    while (chain.now + 12n < timeout) await s.mine()
    expect(told).toBeGreaterThan(0)
    expect(chain.dispute(root.id)?.version).toBe(4n)
  })
})
