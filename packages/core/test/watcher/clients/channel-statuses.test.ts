import { describe, expect, it } from 'vitest'
import { type ChannelSummary, localClient, perunRules, stateBytes } from '../../../src/adapter.ts'
import { modelStateHash, registers, type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { channelIndex, entryOf } from '../../../src/watcher/channels/channel-index.ts'
import { channelStatuses } from '../../../src/watcher/clients/channel-statuses.ts'
import { modelLedger, setup } from '../../support/setup.ts'

describe('what the engine tells of its channels', () => {
  it('names those that it guards, for whom and with which state', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    await s.watch(parent.signed(1n, { locks: [child] }), undefined, 'alice')
    await s.watch(parent.signed(1n, { locks: [child] }), undefined, 'bob')
    await s.watch(child.signed(0n), parent, 'bob')
    expect(s.engine.channel(parent.id)).toEqual({
      id: parent.id,
      isLedger: true,
      parents: [],
      clients: ['alice', 'bob'],
      version: 1n,
      isFinal: false,
      bytes: stateBytes(parent.signed(1n, { locks: [child] })),
      record: undefined,
      isDisputed: false,
      deadline: undefined,
    })
    expect(s.engine.channel(child.id)).toMatchObject({ parents: [parent.id], clients: ['bob'], version: 0n })
    expect([...s.engine.channels()].map(({ id }) => id).sort()).toEqual([child.id, parent.id].sort())
  })

  it('takes an id in any case, knows nothing of others, and refuses what is no id', async () => {
    await using s = await setup()
    const channel = testChannel()
    await s.watch(channel.signed(1n))
    expect(s.engine.channel(`0x${channel.id.slice(2).toUpperCase()}`)?.id).toBe(channel.id)
    expect(s.engine.channel(testChannel().id)).toBeUndefined()
    expect(() => s.engine.channel('0x12')).toThrow(expect.objectContaining({ code: 'STATE_MALFORMED' }))
  })

  it('says of an archived channel that nobody watches it', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    await s.watch(parent.signed(1n, { locks: [child] }))
    await (await s.watch(child.signed(3n), parent)).stop()
    expect(s.engine.channel(child.id)).toMatchObject({ clients: [], version: 3n })
  })

  it('tells the newest block', async () => {
    await using s = await setup()
    const before = s.engine.head?.number ?? -1n
    await s.mine()
    expect(s.engine.head?.number).toBe(before + 1n)
    expect(s.engine.head?.timestamp).toBe(s.chain.now)
  })
})

describe('whether a channel is disputed', () => {
  it('D10: costs nothing until it is asked for, and then each member of all its families once', () => {
    const index = channelIndex()
    const summary = (channel: TestChannel, more: Partial<ChannelSummary>): ChannelSummary => ({
      id: channel.id,
      participants: 2,
      isLedger: channel.params.ledgerChannel,
      challengeDuration: 600n,
      parents: [],
      clients: [localClient],
      version: 1n,
      hash: modelStateHash(channel.signed(1n).state),
      isFinal: false,
      bytes: 1,
      locks: [],
      olderLocks: [],
      historyLocks: [],
      historyBytes: 0,
      otherLines: [],
      records: [],
      ...more,
    })
    const roots = Array.from({ length: 40 }, () => testChannel())
    const below = Array.from({ length: 20 }, () => testChannel({ kind: 'virtual' }))
    const locks = below.map(({ id }) => id)
    for (const root of roots) index.put(entryOf(summary(root, { locks }), modelLedger))
    for (const child of below) index.put(entryOf(summary(child, { parents: roots.map(({ id }) => id) }), modelLedger))
    let looks = 0
    const statuses = channelStatuses({
      index: {
        ...index,
        rootsOf(id) {
          looks += 1
          return index.rootsOf(id)
        },
        membersOf(id) {
          const members = index.membersOf(id)
          looks += members.length
          return members
        },
        membersOfAll(ids) {
          const members = index.membersOfAll(ids)
          looks += members.length
          return members
        },
      },
      disputeScheduler: { isOpen: () => false },
      chainClock: { head: undefined },
      rules: perunRules,
    })
    expect([...statuses.channels()].length).toBe(60)
    expect(looks).toBe(0)
    expect(below.map(({ id }) => statuses.channel(id)?.isDisputed)).toEqual(below.map(() => false))
    expect(looks).toBe(20 * (1 + 60))
  })
})

describe('a channel is disputed', () => {
  it('from the record of an older state until the window of what stands is closed', async () => {
    await using s = await setup()
    const channel = testChannel({ duration: 100n })
    await s.watch(channel.signed(5n))
    expect(s.engine.channel(channel.id)).toMatchObject({ isDisputed: false, deadline: undefined })
    await s.mine({ calls: [registers(channel.signed(1n))] })
    const opened = s.engine.channel(channel.id)
    expect(opened).toMatchObject({ isDisputed: true, record: { version: 1n } })
    expect(opened?.deadline).toBe(opened?.record?.timeout)
    await s.mine()
    // Ours stands; a newer one may still have to replace it.
    expect(s.engine.channel(channel.id)).toMatchObject({ isDisputed: true, record: { version: 5n } })
    await s.mine({ seconds: 100n })
    expect(s.engine.channel(channel.id)).toMatchObject({ isDisputed: false, deadline: undefined })
  })

  it('also with all others of its family, but no stranger', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const [parent, stranger] = [testChannel({ duration: 100n }), testChannel()]
    const watch = await s.watch(parent.signed(1n, { locks: [child] }))
    await s.watch(child.signed(3n), parent)
    await s.watch(stranger.signed(1n))
    await watch.publish(parent.signed(2n, { locks: [child] }))
    await s.mine({ calls: [registers(parent.signed(1n, { locks: [child] }), [child.signed(3n)])] })
    expect(s.engine.channel(parent.id)?.isDisputed).toBe(true)
    expect(s.engine.channel(child.id)?.isDisputed).toBe(true)
    expect(s.engine.channel(stranger.id)?.isDisputed).toBe(false)
  })

  it('while a problem of it may still be mended, whatever the record says', async () => {
    await using s = await setup()
    const unknown = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel({ duration: 100n })
    const locks = { locks: [unknown] }
    const watch = await s.watch(parent.signed(1n, locks))
    await watch.publish(parent.signed(2n, locks))
    await s.mine({ calls: [registers(parent.signed(1n, locks), [unknown.signed(0n)])] })
    await s.mine({ seconds: 10n })
    expect(s.chain.dispute(parent.id)?.version).toBe(1n)
    expect(s.engine.stats.openFamilies).toBe(1)
    expect(s.engine.channel(parent.id)?.isDisputed).toBe(true)
  })
})
