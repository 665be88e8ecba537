import { describe, expect, it } from 'vitest'
import { concludes, modelChain, progresses, registers, testChannel } from '../../../src/testing/index.ts'
import { settle, setup } from '../../support/setup.ts'

const versionOnChain = (chain: ReturnType<typeof modelChain>, id: ReturnType<typeof testChannel>['id']) =>
  chain.dispute(id)?.version

describe('a ledger channel', () => {
  it('refutes an older registered state with the newest', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(0n))
    await watch.publish(channel.signed(1n))
    await watch.publish(channel.signed(2n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(versionOnChain(s.chain, channel.id)).toBe(2n)
    expect(s.chain.sent).toHaveLength(1)
    expect(watch.told).toEqual(['registered 1', 'registered 2', 'refuted 2'])
  })

  it('sends nothing when the newest state is registered', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(0n))
    await watch.publish(channel.signed(2n))
    await s.mine({ calls: [registers(channel.signed(2n))] })
    await s.mine()
    expect(s.chain.sent).toEqual([])
    expect(watch.told).toEqual(['registered 2'])
  })

  it('adopts a newer registered state and defends it from then on', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(0n))
    await s.mine({ calls: [registers(channel.signed(7n))] })
    expect(watch.told).toEqual(['registered 7', 'learned 7'])
    await expect(watch.publish(channel.signed(6n))).rejects.toMatchObject({ code: 'VERSION_STALE' })
    await s.reorg(1)
    await s.mine({ calls: [registers(channel.signed(3n))] })
    await s.mine()
    expect(versionOnChain(s.chain, channel.id)).toBe(7n)
  })

  it('refutes when the newer state is published only after the older one was registered', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(0n))
    await s.mine({ calls: [registers(channel.signed(0n))] })
    expect(s.chain.sent).toEqual([])
    await watch.publish(channel.signed(1n))
    await s.mine()
    expect(versionOnChain(s.chain, channel.id)).toBe(1n)
  })

  it('refutes a dispute that is open when the watch starts', async () => {
    await using s = await setup()
    const channel = testChannel()
    await s.mine({ calls: [registers(channel.signed(1n))] })
    const watch = await s.watch(channel.signed(4n))
    await s.mine()
    expect(versionOnChain(s.chain, channel.id)).toBe(4n)
    expect(watch.told).toContain('registered 1')
  })

  it('refutes again when a reorg takes the refutation out', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(versionOnChain(s.chain, channel.id)).toBe(5n)
    await s.reorg(1)
    expect(versionOnChain(s.chain, channel.id)).toBe(1n)
    await s.mine()
    expect(versionOnChain(s.chain, channel.id)).toBe(5n)
    expect(watch.told).toContain('removed registered 5')
  })

  it('does not open a dispute when a reorg takes the older state out', async () => {
    await using s = await setup({ refuteDepth: 2n })
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.reorg(1)
    for (let block = 0; block < 4; block++) await s.mine()
    expect(s.chain.sent).toEqual([])
    expect(versionOnChain(s.chain, channel.id)).toBeUndefined()
  })

  it('waits for confirmations with time left and acts at once without', async () => {
    await using s = await setup({ refuteDepth: 3n })
    const slow = testChannel({ duration: 3600n })
    const quick = testChannel({ duration: 60n })
    await s.watch(slow.signed(5n))
    await s.watch(quick.signed(5n))
    await s.mine({ calls: [registers(slow.signed(1n)), registers(quick.signed(1n))] })
    expect(s.chain.sent.map((call) => call.channel.state.channelId)).toEqual([quick.id])
    for (let block = 0; block < 4; block++) await s.mine()
    expect(versionOnChain(s.chain, slow.id)).toBe(5n)
  })

  it('does not wait where more is to be answered than the ledger takes at once', async () => {
    for (const [places, answered] of [
      [3, 0],
      [2, 3],
    ] as const) {
      const throughput = () => ({ places, secondsPerBlock: undefined })
      await using s = await setup({ refuteDepth: 2n, chainOverrides: { throughput } })
      const channels = Array.from({ length: 3 }, () => testChannel({ duration: 3600n }))
      for (const channel of channels) await s.watch(channel.signed(5n))
      await s.mine({ calls: channels.map((channel) => registers(channel.signed(1n))) })
      // Those that began to wait before they were so many look again with the next block.
      await s.mine()
      expect(s.chain.sent.length, `with ${places} places`).toBe(answered)
    }
  })

  it('concludes a final state against any older one, even after the window', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(3n))
    await s.mine({ calls: [registers(channel.signed(3n))] })
    await s.mine({ seconds: 700n })
    await watch.publish(channel.signed(4n, { isFinal: true }))
    await s.mine()
    expect(s.chain.sent.map(({ type }) => type)).toEqual(['concludeFinal'])
    expect(s.chain.dispute(channel.id)).toMatchObject({ version: 4n, phase: 'concluded' })
    expect(watch.told).toContain('concluded 4')
  })

  it('says when it is too late', async () => {
    await using s = await setup()
    const channel = testChannel()
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine({ seconds: 700n })
    const watch = await s.watch(channel.signed(4n))
    await settle()
    expect(s.chain.sent).toEqual([])
    expect(watch.told).toContain('endangered too-late')
  })

  it('says when everybody signed two states with the same version', async () => {
    await using s = await setup()
    const channel = testChannel()
    const other = testChannel()
    const watch = await s.watch(channel.signed(4n, { locks: [] }))
    await s.mine({ calls: [registers(channel.signed(4n, { isFinal: true }))] })
    await s.mine()
    expect(watch.told).toContain('endangered same-version')
    expect(other.id).not.toBe(channel.id)
  })

  it('keeps trying while the ledger refuses or does not answer, and succeeds when it does', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    let failures = 0
    s.chain.faults.send = () => {
      failures += 1
      if (failures <= 5) throw new Error('connection refused')
    }
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    await s.mine()
    expect(versionOnChain(s.chain, channel.id)).toBe(5n)
    expect(watch.told).toContain('endangered unreachable')
  })

  it('replaces a refutation that no block took when a newer state is published', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await watch.publish(channel.signed(6n))
    await s.mine({ withPending: false })
    expect(s.chain.sent.map(({ channel: { state } }) => state.version)).toEqual([5n, 6n])
    await s.mine()
    expect(versionOnChain(s.chain, channel.id)).toBe(6n)
  })

  it('tells facts once more when they are final', async () => {
    await using s = await setup({ chain: modelChain({ finalityDepth: 2n }) })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    await s.mine()
    expect(watch.told).toEqual(['registered 1', 'registered 1 final'])
  })
})

describe('a ledger channel with sub-channels', () => {
  it('refutes parent and child in one registration', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 100n })
    const parent = testChannel()
    const parentWatch = await s.watch(parent.signed(1n, { locks: [child] }))
    const childWatch = await s.watch(child.signed(0n), parent)
    await parentWatch.publish(parent.signed(2n, { locks: [child] }))
    await childWatch.publish(child.signed(2n))
    await s.mine({ calls: [registers(parent.signed(1n, { locks: [child] }), [child.signed(1n)])] })
    await s.mine()
    expect(versionOnChain(s.chain, parent.id)).toBe(2n)
    expect(versionOnChain(s.chain, child.id)).toBe(2n)
    expect(s.chain.sent).toHaveLength(1)
    expect(childWatch.told).toEqual(['registered 1', 'registered 2', 'refuted 2'])
  })

  it('refutes an old child under the newest parent', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 100n })
    const parent = testChannel()
    await s.watch(parent.signed(1n, { locks: [child] }))
    const childWatch = await s.watch(child.signed(0n), parent)
    await childWatch.publish(child.signed(9n))
    await s.mine({ calls: [registers(parent.signed(1n, { locks: [child] }), [child.signed(0n)])] })
    await s.mine()
    expect(versionOnChain(s.chain, child.id)).toBe(9n)
  })

  it('refutes trees of any depth, depth first', async () => {
    await using s = await setup()
    const grandchild = testChannel({ kind: 'sub', funds: 10n })
    const child = testChannel({ kind: 'sub', funds: 100n })
    const sibling = testChannel({ kind: 'sub', funds: 20n })
    const parent = testChannel()
    const locks = { locks: [child, sibling] }
    await s.watch(parent.signed(1n, locks))
    const childWatch = await s.watch(child.signed(1n, { locks: [grandchild] }), parent)
    await s.watch(grandchild.signed(5n), child)
    await s.watch(sibling.signed(5n), parent)
    await childWatch.publish(child.signed(2n, { locks: [grandchild] }))
    const old = [child.signed(1n, { locks: [grandchild] }), grandchild.signed(0n), sibling.signed(0n)]
    await s.mine({ calls: [registers(parent.signed(1n, locks), old)] })
    await s.mine()
    expect(versionOnChain(s.chain, child.id)).toBe(2n)
    expect(versionOnChain(s.chain, grandchild.id)).toBe(5n)
    expect(versionOnChain(s.chain, sibling.id)).toBe(5n)
    expect(s.chain.sent).toHaveLength(1)
  })

  it('registers the newest complete tree while a locked channel is unknown, and the newest once it is known', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 100n })
    const parent = testChannel()
    const watch = await s.watch(parent.signed(1n))
    await watch.publish(parent.signed(2n))
    await watch.publish(parent.signed(3n, { locks: [child] }))
    await s.mine({ calls: [registers(parent.signed(1n))] })
    await s.mine()
    expect(versionOnChain(s.chain, parent.id)).toBe(2n)
    expect(watch.told).toContain('endangered sub-channel-unknown')
    await s.watch(child.signed(0n), parent)
    await s.mine()
    expect(versionOnChain(s.chain, parent.id)).toBe(3n)
  })

  it('repeats exactly the registered state of a child whose window is closed', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 100n, duration: 60n })
    const parent = testChannel({ duration: 6000n })
    const parentWatch = await s.watch(parent.signed(1n, { locks: [child] }))
    await s.watch(child.signed(0n), parent)
    await s.mine({ calls: [registers(parent.signed(1n, { locks: [child] }), [child.signed(0n)])] })
    await s.mine({ seconds: 100n })
    await parentWatch.publish(parent.signed(2n, { locks: [child] }))
    await s.mine()
    expect(versionOnChain(s.chain, parent.id)).toBe(2n)
    expect(versionOnChain(s.chain, child.id)).toBe(0n)
  })

  it('keeps a stopped child that the parent still locks, and uses it', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 100n })
    const parent = testChannel()
    const parentWatch = await s.watch(parent.signed(1n, { locks: [child] }))
    const childWatch = await s.watch(child.signed(0n), parent)
    await childWatch.publish(child.signed(3n))
    await childWatch.stop()
    await s.mine({ calls: [registers(parent.signed(1n, { locks: [child] }), [child.signed(0n)])] })
    await s.mine()
    expect(versionOnChain(s.chain, child.id)).toBe(3n)
    await parentWatch.publish(parent.signed(2n))
    // Until the refutation is final a reorg could bring the state back that locks the child.
    for (let block = 0; block < 12; block++) await s.mine()
    expect(await s.store.load(child.id)).toBeUndefined()
  })

  it('names the danger when a progressed child makes the root irrefutable', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 100n, duration: 60n, hasApp: true })
    const parent = testChannel({ duration: 6000n })
    const parentWatch = await s.watch(parent.signed(1n, { locks: [child] }))
    const childWatch = await s.watch(child.signed(0n), parent)
    expect(childWatch.told).toContain('endangered short-sub-window')
    await s.mine({ calls: [registers(parent.signed(1n, { locks: [child] }), [child.signed(0n)])] })
    await s.mine({ seconds: 100n, calls: [progresses(child.signed(0n), child.signed(1n))] })
    await parentWatch.publish(parent.signed(2n, { locks: [child] }))
    await s.mine()
    expect(s.chain.sent).toEqual([])
    expect(parentWatch.told).toContain('endangered state-unknown')
  })

  it('stops caring once everything is concluded', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 100n })
    const parent = testChannel()
    const watch = await s.watch(parent.signed(1n, { locks: [child] }))
    const childWatch = await s.watch(child.signed(2n), parent)
    const tree = registers(parent.signed(1n, { locks: [child] }), [child.signed(2n)])
    await s.mine({ calls: [tree] })
    await s.mine({ seconds: 700n, calls: [concludes(parent.signed(1n, { locks: [child] }), [child.signed(2n)])] })
    expect(watch.told).toContain('concluded 1')
    expect(childWatch.told).toContain('concluded 2')
    expect(s.chain.sent).toEqual([])
  })
})

describe('a virtual channel', () => {
  it('is refuted through our parent when it was registered through another', async () => {
    await using s = await setup()
    const virtual = testChannel({ kind: 'virtual', funds: 50n })
    const ours = testChannel()
    const theirs = testChannel()
    await s.watch(ours.signed(1n, { locks: [virtual] }))
    await s.watch(virtual.signed(8n), ours)
    await s.mine({ calls: [registers(theirs.signed(1n, { locks: [virtual] }), [virtual.signed(2n)])] })
    await s.mine()
    expect(versionOnChain(s.chain, virtual.id)).toBe(8n)
    expect(versionOnChain(s.chain, ours.id)).toBe(1n)
  })

  it('is refuted through the parent that is registered already, and through no other', async () => {
    await using s = await setup()
    const virtual = testChannel({ kind: 'virtual', funds: 50n })
    const one = testChannel()
    const two = testChannel()
    await s.watch(one.signed(1n, { locks: [virtual] }))
    await s.watch(two.signed(1n, { locks: [virtual] }))
    await s.watch(virtual.signed(8n), one)
    await s.watch(virtual.signed(8n), two)
    await s.mine({ calls: [registers(two.signed(1n, { locks: [virtual] }), [virtual.signed(2n)])] })
    await s.mine()
    await s.mine()
    expect(versionOnChain(s.chain, virtual.id)).toBe(8n)
    expect(versionOnChain(s.chain, one.id)).toBeUndefined()
  })
})
