import { describe, expect, it } from 'vitest'
import { mostAnswers } from '../../../src/dispute/choose-family.ts'
import { modelChain, registers, type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { type Setup, settle, setup } from '../../support/setup.ts'

/** A client with so many ledger channels that cost it nothing, all of which lock one channel. */
async function withRoots(
  count: number,
  shared: TestChannel,
  version: bigint,
  options: Parameters<typeof setup>[0] = {},
) {
  const s = await setup(options)
  const client = 'mallory'
  const roots = Array.from({ length: count }, () => testChannel())
  const [home] = roots
  if (home === undefined) throw new Error('there is one at least')
  await s.watch(home.signed(1n, { locks: [shared] }), undefined, client)
  await s.watch(shared.signed(version), home, client)
  for (const root of roots.slice(1)) await s.watch(root.signed(1n, { locks: [shared] }), undefined, client)
  return { s, roots }
}

async function registerElsewhere(s: Setup, shared: TestChannel, version: bigint): Promise<void> {
  const foreign = testChannel().signed(1n, { locks: [shared] })
  await s.mine({ calls: [registers(foreign, [shared.signed(version)])] })
}

async function sentIn(s: Setup, blocks: number, work: () => Promise<unknown>): Promise<number> {
  const before = s.chain.sent.length
  await work()
  for (let block = 0; block < blocks; block++) await s.mine()
  await settle()
  return s.chain.sent.length - before
}

const appSub = (): TestChannel => testChannel({ kind: 'sub', funds: 10n, hasApp: true })

describe.each([3, 30, 120])('T4: %i free ledger channels of one client over one channel', (count) => {
  /** Answers, and what several of them in one block make useless. */
  const bound = 16

  it('draw no more of our transactions where its app could be played', { timeout: 60_000 }, async () => {
    const sub = appSub()
    const { s } = await withRoots(count, sub, 5n)
    await using _ = s
    expect(await sentIn(s, 12, () => registerElsewhere(s, sub, 5n))).toBeLessThanOrEqual(bound)
  })

  it('nor where an older state of it was registered', { timeout: 60_000 }, async () => {
    for (const shared of [appSub(), testChannel({ kind: 'virtual', funds: 10n })]) {
      const { s } = await withRoots(count, shared, 5n)
      await using _ = s
      expect(await sentIn(s, 12, () => registerElsewhere(s, shared, 2n))).toBeLessThanOrEqual(bound)
      expect(s.chain.dispute(shared.id)?.version).toBe(5n)
    }
  })

  it('nor when it gets late because nothing is included, or where all attempts fail', { timeout: 60_000 }, async () => {
    for (const isRefused of [false, true]) {
      const [shared, chain] = [testChannel({ kind: 'virtual', funds: 10n }), modelChain()]
      const tried = new Set<string>()
      const register: (typeof chain)['register'] = (channel, ...rest) => {
        tried.add(channel.state.channelId)
        return isRefused ? Promise.reject(new Error('refused')) : chain.register(channel, ...rest)
      }
      const { s } = await withRoots(count, shared, 5n, { chain, chainOverrides: { register } })
      await using _ = s
      await registerElsewhere(s, shared, 2n)
      for (let block = 0; block < 11; block++) await s.mine({ seconds: 50n, withPending: false })
      expect(tried.size).toBeGreaterThan(0)
      expect(tried.size).toBeLessThanOrEqual(mostAnswers)
    }
  })

  it('nor where all of them are registered', { timeout: 60_000 }, async () => {
    const shared = testChannel({ kind: 'virtual', funds: 10n })
    const { s, roots } = await withRoots(count, shared, 5n)
    await using _ = s
    const calls = roots.map((root) => registers(root.signed(1n, { locks: [shared] }), [shared.signed(2n)]))
    const before = s.engine.stats.decisions
    expect(await sentIn(s, 6, () => s.mine({ calls }))).toBeLessThanOrEqual(bound)
    expect(s.chain.dispute(shared.id)?.version).toBe(5n)
    // A few for each of them and block: linear, whoever has to know of whom.
    expect(s.engine.stats.decisions - before).toBeLessThanOrEqual(8 * 7 * count)
  })
})

describe('T4: the first answer', () => {
  it('of each client is made, however many ledger channels others have', { timeout: 60_000 }, async () => {
    const sub = appSub()
    const { s } = await withRoots(30, sub, 5n)
    await using _ = s
    const honest = ['alice', 'bob', 'carol'].map((client) => ({ client, root: testChannel() }))
    for (const { client, root } of honest) {
      await s.watch(root.signed(1n, { locks: [sub] }), undefined, client)
      await s.watch(sub.signed(5n), root, client)
    }
    await registerElsewhere(s, sub, 5n)
    for (let block = 0; block < 12; block++) await s.mine()
    for (const { root } of honest) expect(s.chain.dispute(root.id)?.version).toBe(1n)
  })
})
