import { describe, expect, it } from 'vitest'
import { parseBytes, type SignedState } from '../../../src/index.ts'
import { registers, testChannel } from '../../../src/testing/index.ts'
import { channelIdOf, signedBy } from '../../support/fake-crypto.ts'
import { setup } from '../../support/setup.ts'

describe('the parent of a watched channel', () => {
  it('is needed by everything but a ledger channel, which has none', async () => {
    await using s = await setup()
    const parent = testChannel()
    await s.watch(parent.signed(1n))
    for (const kind of ['sub', 'virtual'] as const) {
      const child = testChannel({ kind })
      await expect(s.watch(child.signed(1n))).rejects.toMatchObject({ code: 'PARENT_REQUIRED' })
    }
    await expect(s.watch(testChannel().signed(1n), parent)).rejects.toMatchObject({ code: 'PARENT_NOT_ALLOWED' })
  })

  it('must be watched already', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub' })
    await expect(s.watch(child.signed(1n), testChannel())).rejects.toMatchObject({ code: 'PARENT_UNKNOWN' })
    const malformed = s.engine.startWatching(child.signed(1n), { push() {}, end() {} }, { parent: '0x12' })
    await expect(malformed).rejects.toMatchObject({ code: 'STATE_MALFORMED' })
    expect(await s.store.load(child.id)).toBeUndefined()
  })

  it('is not the channel itself; one below it does no harm', async () => {
    await using s = await setup()
    const [parent, child, grandchild] = [testChannel(), testChannel({ kind: 'sub' }), testChannel({ kind: 'sub' })]
    await s.watch(parent.signed(1n))
    await s.watch(child.signed(1n), parent)
    await s.watch(grandchild.signed(1n), child)
    // A counterparty could lock anything; whoever refused this could be kept from watching their own channel.
    await expect(s.watch(child.signed(1n), grandchild)).resolves.toBeDefined()
    await expect(s.watch(child.signed(1n), child)).rejects.toMatchObject({ code: 'PARENT_NOT_ALLOWED' })
  })

  it('has a participant in common with the channel, or strangers could hang on to it', async () => {
    await using s = await setup()
    const parent = testChannel()
    await s.watch(parent.signed(1n))
    const { params, state } = testChannel({ kind: 'sub' }).signed(1n)
    const crossChainAddress = parseBytes('0x')
    const participants = ['c1', 'd0'].map((byte) => ({
      address: parseBytes(`0x${byte.repeat(20)}`),
      crossChainAddress,
    }))
    const strange = { ...params, participants }
    const stranger: SignedState = signedBy(strange, { ...state, channelId: channelIdOf(strange) })
    const start = s.engine.startWatching(stranger, { push() {}, end() {} }, { parent: parent.id })
    await expect(start).rejects.toMatchObject({ code: 'PARENT_NOT_ALLOWED' })
  })

  it('must map all participants of what it locks, whichever of the two comes first', async () => {
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const { params, state } = parent.signed(2n, { locks: [child] })
    const locked = state.outcome.locked.map((lock) => ({ ...lock, indexMap: [0] }))
    const short = signedBy(params, { ...state, outcome: { ...state.outcome, locked } })
    {
      await using s = await setup()
      await s.watch(short)
      await expect(s.watch(child.signed(1n), parent)).rejects.toMatchObject({ code: 'INDEX_MAP_INVALID' })
    }
    await using s = await setup()
    const watch = await s.watch(parent.signed(1n))
    await s.watch(child.signed(1n), parent)
    await expect(watch.publish(short)).rejects.toMatchObject({ code: 'INDEX_MAP_INVALID' })
  })

  it('must lock the funds that the channel has', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    await s.watch(parent.signed(1n, { locks: [{ ...child, funds: 11n }] }))
    await expect(s.watch(child.signed(1n), parent)).rejects.toMatchObject({ code: 'LOCK_MISMATCH' })
    expect(await s.store.load(child.id)).toBeUndefined()
  })

  it('may be a sub-channel, to any depth', async () => {
    await using s = await setup()
    const channels = [
      testChannel(),
      ...Array.from({ length: 12 }, (_, at) => testChannel({ kind: 'sub', funds: BigInt(100 - at) })),
    ]
    for (const [at, channel] of channels.entries()) {
      const next = channels[at + 1]
      await s.watch(channel.signed(2n, { locks: next === undefined ? [] : [next] }), channels[at - 1])
    }
    const [root, ...rest] = channels.map((channel, at) => {
      const next = channels[at + 1]
      return channel.signed(1n, { locks: next === undefined ? [] : [next] })
    })
    if (root === undefined) throw new Error('there are thirteen')
    await s.mine({ calls: [registers(root, rest)] })
    await s.mine()
    for (const channel of channels) expect(s.chain.dispute(channel.id)?.version).toBe(2n)
  })

  it('can be several for a virtual channel, and a ledger channel may be virtual without any', async () => {
    await using s = await setup()
    const virtual = testChannel({ kind: 'virtual', funds: 10n })
    const [one, two] = [testChannel(), testChannel()]
    await s.watch(one.signed(1n, { locks: [virtual] }))
    await s.watch(two.signed(1n, { locks: [virtual] }))
    await s.watch(virtual.signed(1n), one)
    await s.watch(virtual.signed(1n), two)
    expect((await s.store.load(virtual.id))?.parents).toEqual([one.id, two.id])
    const both = { ...virtual.params, ledgerChannel: true }
    const alone = signedBy(both, { ...virtual.signed(1n).state, channelId: channelIdOf(both) })
    await s.engine.startWatching(alone, { push() {}, end() {} })
  })
})
