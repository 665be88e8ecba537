import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { modelChain, registers, type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { isPending, type Setup, settle, setup } from '../../support/setup.ts'

const families = 1000

/** A client with many free ledger channels that lock one channel of somebody else, or of its own. */
async function withLocks(
  count: number,
  owner = 'mallory',
): Promise<{ readonly s: Setup; readonly shared: TestChannel }> {
  const s = await setup({ chain: modelChain() })
  const shared = testChannel({ kind: 'virtual', funds: 10n })
  const home = testChannel()
  await s.watch(home.signed(1n, { locks: [shared] }), undefined, owner)
  await s.watch(shared.signed(1n), home, owner)
  for (let at = 1; at < count; at++) {
    await s.watch(testChannel().signed(1n, { locks: [shared] }), undefined, 'mallory')
  }
  return { s, shared }
}

async function registerElsewhere(s: Setup, shared: TestChannel, version: bigint): Promise<void> {
  const foreign = testChannel().signed(1n, { locks: [shared] })
  await s.mine({ calls: [registers(foreign, [shared.signed(version)])] })
}

/** Until nothing is decided any more. @returns the turns of the event loop that it took, and what else ran meanwhile. */
async function decisionsOf(s: Setup, work: () => Promise<unknown>): Promise<number> {
  const before = s.engine.stats.decisions
  await work()
  for (let last = -1; last !== s.engine.stats.decisions; ) {
    last = s.engine.stats.decisions
    await settle()
  }
  return s.engine.stats.decisions - before
}

describe('D10: a channel that a thousand families lock', () => {
  it('costs a few decisions for each of them when it is registered, and lets others work in between', async () => {
    const { s, shared } = await withLocks(families)
    await using _ = s
    const watch = await s.watch(shared.signed(1n), undefined, 'mallory').catch(() => undefined)
    expect(watch).toBeUndefined()
    let turns = 0
    let isDone = false
    const counting = (async () => {
      while (!isDone) {
        await setImmediate()
        turns += 1
      }
    })()
    const made = await decisionsOf(s, () => registerElsewhere(s, shared, 0n))
    isDone = true
    await counting
    expect(made).toBeGreaterThanOrEqual(families)
    expect(made).toBeLessThanOrEqual(4 * families)
    expect(turns).toBeGreaterThan(families / 64)
  }, 60_000)

  it('costs a few for each block and for each publish after that', async () => {
    const { s, shared } = await withLocks(200)
    await using _ = s
    const root = testChannel()
    await s.watch(root.signed(1n, { locks: [shared] }), undefined, 'mallory')
    const watch = await s.watch(shared.signed(1n), root, 'mallory')
    s.chain.faults.send = () => {
      throw new Error('connection refused')
    }
    await decisionsOf(s, () => registerElsewhere(s, shared, 0n))
    for (let version = 2n; version < 5n; version++) {
      expect(await decisionsOf(s, () => watch.publish(shared.signed(version)))).toBeLessThanOrEqual(4 * 200)
    }
    for (let block = 0; block < 3; block++) {
      expect(await decisionsOf(s, () => s.mine())).toBeLessThanOrEqual(8 * 200)
    }
  }, 60_000)

  it("costs its owner's publishes nothing for each stranger who locks it", async () => {
    const { s, shared } = await withLocks(100, 'alice')
    await using _ = s
    const home = testChannel()
    await s.watch(home.signed(1n, { locks: [shared] }), undefined, 'alice')
    const watch = await s.watch(shared.signed(5n), home, 'alice')
    await decisionsOf(s, () => registerElsewhere(s, shared, 5n))
    expect(await decisionsOf(s, () => watch.publish(shared.signed(6n)))).toBeLessThanOrEqual(120)
    await decisionsOf(s, () => s.mine())
    await decisionsOf(s, () => s.mine())
    expect(s.chain.dispute(shared.id)?.version).toBe(6n)
    expect(await decisionsOf(s, () => watch.publish(shared.signed(7n)))).toBeLessThanOrEqual(10)
  }, 60_000)
})

/** Two ledger channels, of one client each, that lock one virtual channel; the first one's id is lower. */
async function twoTenants(): Promise<{
  readonly s: Setup
  readonly virtual: TestChannel
  readonly roots: TestChannel[]
}> {
  const s = await setup({ chain: modelChain() })
  const virtual = testChannel({ kind: 'virtual', funds: 10n })
  const roots = [testChannel(), testChannel()].sort((a, b) => (a.id < b.id ? -1 : 1))
  for (const [at, root] of roots.entries()) {
    const client = at === 0 ? 'mallory' : 'alice'
    await s.watch(root.signed(2n, { locks: [virtual] }), undefined, client)
    await s.watch(virtual.signed(5n), root, client)
  }
  return { s, virtual, roots }
}

describe('D11: a stranger', () => {
  it('whose registered family could answer as well delays nobody', async () => {
    const { s, virtual, roots } = await twoTenants()
    await using _ = s
    const [theirs, ours] = roots
    if (theirs === undefined || ours === undefined) throw new Error('there are two')
    await s.mine({ calls: [registers(theirs.signed(2n, { locks: [virtual] }), [virtual.signed(1n)])] })
    expect(s.chain.sent.map(({ channel }) => channel.state.channelId)).toContain(ours.id)
  })

  it('who keeps its own family busy holds up no stop', async () => {
    const { s, virtual, roots } = await twoTenants()
    await using _ = s
    const [theirs, ours] = roots
    if (theirs === undefined || ours === undefined) throw new Error('there are two')
    const third = testChannel({ kind: 'virtual', funds: 10n })
    await s.watch(ours.signed(3n, { locks: [virtual, third] }), undefined, 'alice')
    const watch = await s.watch(third.signed(1n), ours, 'alice')
    // The stranger's family locks it and has something to do without end.
    await s.watch(theirs.signed(9n, { locks: [third] }), undefined, 'mallory')
    s.chain.faults.send = () => {
      throw new Error('connection refused')
    }
    await s.mine({ calls: [registers(theirs.signed(1n))] })
    const stopping = watch.stop()
    expect(await isPending(stopping)).toBe(false)
    await stopping
  })
})
