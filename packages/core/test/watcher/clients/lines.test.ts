import { describe, expect, it } from 'vitest'
import { memoryStore, parseClientName, WatcherError } from '../../../src/index.ts'
import { modelChain, modelSigned, registers, type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { withOtherFunds } from '../../support/other-funds.ts'
import { type Setup, setup, type Watched } from '../../support/setup.ts'
import { testStore } from '../../support/stores.ts'
import { ledgerAndVirtual, ofThree } from '../../support/variants.ts'

/** A channel that a hub locks, and the same one as strangers who sign it alone have it: with funds of their choice. */
interface Contest {
  readonly hubRoot: TestChannel
  readonly strangerRoot: TestChannel
  readonly virtual: TestChannel
  readonly theirs: TestChannel
}

function contest(virtual: TestChannel = testChannel({ kind: 'virtual', funds: 50n })): Contest {
  const members = virtual.params.participants.length
  const theirs = withOtherFunds(virtual, 70n)
  return { hubRoot: rootOver(members), strangerRoot: rootOver(members), virtual, theirs }
}

/** A ledger channel whose locks name all members of the channel below. */
function rootOver(members: number): TestChannel {
  const root = testChannel()
  return {
    ...root,
    signed(version, options) {
      const { params, state } = root.signed(version, options)
      const indexMap = Array.from({ length: members }, (_, at) => at % 2)
      const locked = state.outcome.locked.map((lock) => ({ ...lock, indexMap }))
      return modelSigned(params, { ...state, outcome: { ...state.outcome, locked } })
    },
  }
}

async function strangersCome(s: Setup, { strangerRoot, theirs }: Contest, version = 1000n): Promise<Watched> {
  await s.watch(strangerRoot.signed(1n, { locks: [theirs] }), undefined, 'strangers')
  return await s.watch(theirs.signed(version), strangerRoot, 'strangers')
}

async function hubComes(s: Setup, { hubRoot, virtual }: Contest, version = 0n): Promise<Watched> {
  await s.watch(hubRoot.signed(9n, { locks: [virtual] }), undefined, 'hub')
  return await s.watch(virtual.signed(version), hubRoot, 'hub')
}

/** The hub's root is registered with an old state; what was sent against it is with the hub's state of the channel. */
async function expectDefended(s: Setup, { hubRoot, virtual }: Contest, version: bigint): Promise<void> {
  await s.mine({ calls: [registers(hubRoot.signed(1n))] })
  await s.mine()
  expect(s.chain.dispute(hubRoot.id)?.version).toBe(9n)
  expect(s.chain.dispute(virtual.id)?.version).toBe(version)
  // What is sent for the strangers' root is their affair.
  const sent = s.chain.sent.filter(({ channel }) => channel.state.channelId === hubRoot.id)
  expect(sent.at(-1)?.subChannels[0]?.state).toEqual(virtual.signed(version).state)
}

describe('a channel that strangers watch with other funds', () => {
  it('D6: what strangers registered themselves is answered for the hub', async () => {
    await using s = await setup()
    const parties = contest()
    const { hubRoot, theirs, virtual } = parties
    await strangersCome(s, parties, 1n)
    await hubComes(s, parties, 5n)
    await s.mine({ calls: [registers(rootOver(2).signed(1n, { locks: [theirs] }), [theirs.signed(1n)])] })
    for (let block = 0; block < 3; block++) await s.mine()
    expect(s.chain.dispute(hubRoot.id)?.version).toBe(9n)
    expect(s.chain.dispute(virtual.id)?.version).toBe(5n)
  })

  it('D6: is taken from the hub all the same, and its root is defended with its own state', async () => {
    const c = contest()
    await using s = await setup()
    await strangersCome(s, c)
    await hubComes(s, c)
    await expectDefended(s, c, 0n)
  })

  it('D6: is taken from the strangers too where the hub was first, and displaces nothing', async () => {
    const c = contest()
    await using s = await setup()
    const hub = await hubComes(s, c)
    const strangers = await strangersCome(s, c)
    await strangers.publish(c.theirs.signed(1001n))
    await hub.publish(c.virtual.signed(3n))
    await expectDefended(s, c, 3n)
  })

  it('D6: takes the publishes of each on its own line', async () => {
    const c = contest()
    await using s = await setup()
    const strangers = await strangersCome(s, c)
    const hub = await hubComes(s, c)
    await hub.publish(c.virtual.signed(4n))
    await strangers.publish(c.theirs.signed(1001n))
    await hub.publish(c.virtual.signed(5n))
    const stored = await s.store.load(c.virtual.id)
    expect(stored?.newest.state.version).toBe(1001n)
    expect(stored?.otherLines.map(({ newest, clients }) => [newest.state.version, clients])).toEqual([[5n, ['hub']]])
    await expectDefended(s, c, 5n)
  })

  it('D6: is defended after the strangers have left, have come back, and have left again', async () => {
    const c = contest()
    await using s = await setup()
    const strangers = await strangersCome(s, c)
    const hub = await hubComes(s, c)
    await strangers.stop()
    await hub.publish(c.virtual.signed(1n))
    const back = await s.watch(c.theirs.signed(1002n), c.strangerRoot, 'strangers')
    await back.publish(c.theirs.signed(1003n))
    await hub.publish(c.virtual.signed(2n))
    await back.stop()
    await expectDefended(s, c, 2n)
  })

  it('D6: is defended by an engine that starts anew on the same store', async () => {
    const c = contest()
    const [chain, store] = [modelChain(), memoryStore()]
    {
      await using s = await setup({ chain, store })
      await strangersCome(s, c)
      await hubComes(s, c)
      await s.engine.shutdown()
    }
    await using s = await setup({ chain, store })
    const hub = await s.watch(c.virtual.signed(1n), c.hubRoot, 'hub')
    await hub.publish(c.virtual.signed(2n))
    await expectDefended(s, c, 2n)
  })

  it('D6: is kept with the line that is locked when all have left it', async () => {
    const c = contest()
    await using s = await setup()
    const strangers = await strangersCome(s, c)
    const hub = await hubComes(s, c)
    await strangers.stop()
    await hub.stop()
    await expectDefended(s, c, 0n)
  })

  it('D6: has no more lines than clients and locks ask for, however many come and go', async () => {
    const c = contest()
    await using s = await setup()
    await hubComes(s, c)
    for (let funds = 100n; funds < 120n; funds++) {
      const root = testChannel()
      const client = `stranger-${funds}`
      await s.watch(root.signed(1n), undefined, client)
      const watch = await s.watch(withOtherFunds(c.virtual, funds).signed(1n), root, client)
      await watch.stop()
    }
    expect((await s.store.load(c.virtual.id))?.otherLines.length).toBeLessThanOrEqual(1)
    await expectDefended(s, c, 0n)
  })

  it.each([
    ['a sub-channel that two of its three participants sign below channels of their own', ofThree],
    ['a channel that is flagged as ledger and virtual', ledgerAndVirtual],
  ])('D6: may be %s', async (_, make) => {
    const c = contest(make())
    await using s = await setup()
    await strangersCome(s, c)
    const hub = await hubComes(s, c)
    await hub.publish(c.virtual.signed(2n))
    const stored = await s.store.load(c.virtual.id)
    expect(stored?.otherLines.map(({ newest }) => newest.state.version)).toEqual([2n])
    await s.mine({ calls: [registers(c.hubRoot.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(c.hubRoot.id)?.version).toBe(9n)
    expect(s.chain.dispute(c.virtual.id)?.version).toBe(2n)
  })

  it('D6: may be a ledger channel of its own that strangers watch before anything locks it', async () => {
    const c = contest(ledgerAndVirtual())
    await using s = await setup()
    await s.watch(c.theirs.signed(1000n), undefined, 'strangers')
    await hubComes(s, c)
    await expectDefended(s, c, 0n)
  })

  it.each(['strangers', 'hub'])('D6: has for each the version that it gave, where %s came first', async (first) => {
    const c = contest()
    await using s = await setup()
    const come = { hub: () => hubComes(s, c, 3n), strangers: () => strangersCome(s, c, 1000n) }
    const [one, other] = first === 'hub' ? [come.hub, come.strangers] : [come.strangers, come.hub]
    await one()
    await other()
    const versionFor = (client?: string) =>
      s.engine.channel(c.virtual.id, client === undefined ? undefined : parseClientName(client))?.version
    expect([versionFor('hub'), versionFor('strangers'), versionFor()]).toEqual([3n, 1000n, 1000n])
  })

  it('D6: is still refused to a client that changes its own funds', async () => {
    const c = contest()
    await using s = await setup()
    const hub = await hubComes(s, c)
    const refused = { code: 'FUNDS_CHANGED' }
    await expect(hub.publish(c.theirs.signed(7n))).rejects.toMatchObject(refused)
    await expect(s.watch(c.theirs.signed(7n), c.hubRoot, 'hub')).rejects.toMatchObject({
      code: expect.stringMatching(/FUNDS_CHANGED|LOCK_MISMATCH/),
    })
    expect((await s.store.load(c.virtual.id))?.otherLines).toEqual([])
    expect(s.engine.usage(parseClientName('hub')).channels).toBe(2)
  })
})

describe('a channel that two clients have a line of each, with the same funds', () => {
  it('D6: is raised by a state of the second line that a write thought to have failed has left', async () => {
    const store = testStore()
    await using s = await setup({ store })
    const [root, shared] = [testChannel(), ledgerAndVirtual()]
    const locking = await s.watch(root.signed(1n, { locks: [shared] }), undefined, 'alice')
    await s.watch(shared.signed(4n), undefined, 'alice')
    const bob = await s.watch(shared.signed(5n), undefined, 'bob')
    // From here on it stands by itself: of its states nothing but the newest of each line is kept.
    await locking.publish(root.signed(2n))
    await s.mine({ calls: [registers(shared.signed(1n))] })
    for (let block = 0; block < 4; block++) await s.mine()
    expect([s.chain.dispute(shared.id)?.version, s.engine.stats.openFamilies]).toEqual([5n, 0])
    store.afterCommit = () => {
      store.afterCommit = () => {}
      throw new WatcherError('STORE_FAILED', 'The disk lost the answer.')
    }
    await expect(bob.publish(shared.signed(6n))).rejects.toThrow('lost the answer')
    // It is stored already, so nothing is written now; and it is acknowledged.
    await bob.publish(shared.signed(6n))
    // An improvement of an answer of ours waits until half of the time left has passed.
    for (let block = 0; block < 35; block++) await s.mine()
    expect(s.chain.dispute(shared.id)?.version).toBe(6n)
  })
})
