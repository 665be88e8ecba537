import { stateHash } from '@perun-watcher/devnet'
import { dice } from '@perun-watcher/harness-kit/dice'
import { describe, expect, it } from 'vitest'
import { crashArguments, repeatCommand } from '../src/cli/arguments.ts'
import { failpoints } from '../src/protocol.ts'
import { acknowledgements } from '../src/run/acknowledgements.ts'
import { killPlans } from '../src/run/kill-plans.ts'
import { familyScript } from '../src/script/family-script.ts'
import { waves } from '../src/script/waves.ts'

describe('what happens', () => {
  it('to a family follows from the seed and its number alone', () => {
    expect(familyScript(dice(7), 3)).toEqual(familyScript(dice(7), 3))
    expect(familyScript(dice(7), 3)).not.toEqual(familyScript(dice(7), 4))
    expect(familyScript(dice(7), 3)).not.toEqual(familyScript(dice(8), 3))
  })

  it('to the watcher is said by a command that can be repeated', () => {
    const args = crashArguments(['--', '--kills', '40', '--seed', '9', '--store', 'hasty'])
    expect(repeatCommand(args)).toBe('pnpm crash --kills 40 --seed 9 --store hasty')
    expect(() => crashArguments(['--kills', '0'])).toThrow('--kills must be a whole number of at least 1.')
    expect(() => crashArguments(['--store', 'paper'])).toThrow(
      '--store must be one of lmdb, memory, hasty, shallow, blank, forgetful, not paper.',
    )
  })
})

describe('kills', () => {
  it('come to every failpoint in the end', () => {
    const plans = killPlans(dice(1))
    for (let kill = 0; kill < 1_000; kill++) {
      const { failpoint } = plans.next()
      if (failpoint !== undefined) plans.hit(failpoint.name)
    }
    expect([...plans.hits.keys()]).toEqual(failpoints)
    expect([...plans.hits.values()].every((count) => count > 0)).toBe(true)
  })
})

describe('acknowledgements', () => {
  const id = `0x${'11'.repeat(32)}` as const
  const outcome = { assets: [], backends: [], balances: [], locked: [] }
  const state = (version: bigint) => ({ channelID: id, version, outcome, appData: '0x', isFinal: false }) as const
  const signed = (version: bigint) => ({
    params: {
      challengeDuration: 1n,
      nonce: 1n,
      participants: [],
      app: `0x${'00'.repeat(20)}`,
      ledgerChannel: true,
      virtualChannel: false,
    } as const,
    state: state(version),
    sigs: [],
  })

  it('are kept by this version or a newer one, and by no other state with this version', () => {
    const promises = acknowledgements()
    promises.acknowledged(signed(2n))
    const missing = promises.check()
    const hash = `0x${'22'.repeat(32)}` as const
    expect(missing([{ id, newest: { version: 3n, hash }, history: [] }])).toEqual([])
    expect(missing([{ id, newest: { version: 2n, hash }, history: [] }])).toHaveLength(1)
    expect(missing([{ id, newest: { version: 1n, hash }, history: [] }])).toHaveLength(1)
    expect(missing([{ id, newest: undefined, history: [] }])).toHaveLength(1)
    expect(missing([])).toHaveLength(1)
  })

  it('are kept with every state of a channel that is locked, until something is registered', () => {
    const promises = acknowledgements()
    for (const version of [1n, 2n, 3n]) promises.acknowledged(signed(version), true)
    const missing = promises.check()
    const [first, second, third] = [1n, 2n, 3n].map((version) => stateHash(state(version)))
    if (first === undefined || second === undefined || third === undefined) throw new Error('There are three.')
    const newest = { version: 3n, hash: third }
    expect(missing([{ id, newest, history: [second, first] }])).toEqual([])
    expect(missing([{ id, newest: { version: 4n, hash: first }, history: [first, second, third] }])).toEqual([])
    expect(missing([{ id, newest, history: [first] }])).toEqual([expect.stringContaining('1 of 3')])
    promises.registered(id)
    expect(missing([{ id, newest, history: [] }])).toEqual([])
  })

  it('end when the watcher is asked to stop, also for a check that has begun', () => {
    const promises = acknowledgements()
    promises.acknowledged(signed(2n))
    const missing = promises.check()
    promises.released(id)
    expect(missing([{ id, newest: undefined, history: [] }])).toEqual([])
    expect(promises.ids).toEqual([])
  })
})

describe('a wave of disputes', () => {
  it('lets time pass when all of them are answered, and not before', async () => {
    const times: bigint[] = []
    const sea = waves(async (time) => void times.push(time))
    await sea.join()
    await sea.join()
    const first = sea.pass(100n)
    let isNextOpen = false
    const next = sea.join().then(() => {
      isNextOpen = true
    })
    await Promise.resolve()
    expect(times).toEqual([])
    expect(isNextOpen).toBe(false)
    await Promise.all([first, sea.pass(80n)])
    expect(times).toEqual([101n])
    await next
  })
})
