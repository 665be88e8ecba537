import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ChannelSummary, type Store, stateBytes } from '../../../src/adapter.ts'
import { type ClientName, memoryStore, parseClientName, type SignedState } from '../../../src/index.ts'
import { modelChain, testChannel } from '../../../src/testing/index.ts'
import { type Setup, settle, setup, type Watched } from '../../support/setup.ts'
import { testStore } from '../../support/stores.ts'

const clients = ['alice', 'bob'].map(parseClientName)
const [child, other] = [testChannel({ kind: 'sub', funds: 10n }), testChannel()]
const parent = testChannel()

type What = 'start' | 'start below' | 'publish' | 'stop' | 'detach' | 'restart' | 'lose the answer'

interface Step {
  readonly what: What
  readonly client: ClientName
  readonly isOther: boolean
  readonly isLocking: boolean
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom<What>(
    'start',
    'start',
    'start below',
    'publish',
    'stop',
    'detach',
    'restart',
    'lose the answer',
  ),
  client: fc.constantFrom(...clients),
  isOther: fc.boolean(),
  isLocking: fc.boolean(),
})

/**
 * What a client has, counted from what is stored: of each channel that it watches, or that one of its channels locks, the line
 * that names it, else the first one. Nothing below the child is locked, so that archives do not nest.
 */
async function counted(store: Store, client: ClientName): Promise<unknown> {
  let [channels, bytes, historyBytes] = [0, 0, 0]
  const summaries: ChannelSummary[] = []
  for await (const each of store.summaries()) summaries.push(each)
  for (const { id, clients: registered } of summaries) {
    const stored = await store.load(id)
    const lockers = summaries.filter(({ locks, olderLocks, historyLocks, records }) =>
      [...locks, ...olderLocks, ...(records.length > 0 ? historyLocks : [])].includes(id),
    )
    if (stored === undefined) continue
    const { otherLines } = stored
    const own = otherLines.find((line) => line.clients.includes(client))
    // What somebody left is only for those who lock it, and a line that others watch for nobody else.
    const isFirstLeft = registered.every((each) => otherLines.some((line) => line.clients.includes(each)))
    const isAbove = (own !== undefined || isFirstLeft) && lockers.some(({ clients }) => clients.includes(client))
    if (!registered.includes(client) && !isAbove) continue
    channels += 1
    bytes += stateBytes((own ?? stored).newest)
    for await (const held of store.history(id, own?.number ?? 0)) historyBytes += stateBytes(held)
  }
  return { channels, bytes, historyBytes }
}

async function live(steps: readonly Step[]): Promise<void> {
  const [chain, disk] = [modelChain(), memoryStore()]
  const boot = async (): Promise<Setup & { readonly store: ReturnType<typeof testStore> }> => {
    const store = testStore(disk)
    return { ...(await setup({ chain, store })), store }
  }
  let s = await boot()
  let version = 0n
  let watches: Watched[] = []

  const signed = ({ isOther, isLocking }: Step): SignedState => {
    const locks = isLocking && !isOther ? [child] : []
    return (isOther ? other : parent).signed(version, { locks })
  }
  const mine = ({ isOther }: Step): Watched | undefined =>
    watches.find(({ channelId }) => channelId === (isOther ? other.id : parent.id))

  const actions: Readonly<Record<What, (each: Step) => Promise<void>>> = {
    async start(each) {
      watches = [await s.watch(signed(each), undefined, each.client), ...watches]
    },
    async 'start below'({ client }) {
      watches = [await s.watch(child.signed(version), parent, client), ...watches]
    },
    publish: async (each) => mine(each)?.publish(signed(each)),
    stop: ({ isOther, client }) => s.engine.stopWatching(isOther ? other.id : child.id, { client }),
    detach: async (each) => mine(each)?.detach(),
    async 'lose the answer'() {
      let failures = 1
      s.store.afterCommit = () => {
        if (failures-- > 0) throw new Error('connection lost')
      }
    },
    async restart() {
      await s.engine.shutdown()
      s = await boot()
      watches = []
    },
  }

  for (const each of steps) {
    // Whether it is taken does not matter: what is counted has to fit what is stored.
    version += 1n
    await actions[each.what](each).catch(() => {})
  }
  // Whatever the engine took for failed and was written is noticed at the latest now.
  await s.engine.shutdown()
  s = await boot()
  for (const client of clients) expect(s.engine.usage(client)).toEqual(await counted(disk, client))
  for (const client of clients) {
    for (const { id } of [child, parent, other]) await s.engine.stopWatching(id, { client }).catch(() => {})
    expect(s.engine.usage(client)).toEqual({ channels: 0, bytes: 0, historyBytes: 0 })
  }
  expect(s.engine.stats.clients).toBe(0)
  await s.engine.shutdown()
}

describe('the usage of a client', () => {
  it('is what its channels take, whatever happens to them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => live(steps)),
      { numRuns: 60 },
    )
  })

  it('D11: counts a channel in full for each of its clients, and an archived one for those whose states lock it', async () => {
    await using s = await setup()
    const [alice, bob] = clients
    if (alice === undefined || bob === undefined) throw new Error('there are two')
    const small = stateBytes(other.signed(1n))
    const large = stateBytes(other.signed(2n, { locks: [child] }))
    expect(large).toBeGreaterThan(small)
    const watch = await s.watch(other.signed(1n), undefined, alice)
    await s.watch(other.signed(1n), undefined, bob)
    expect(s.engine.usage(alice)).toEqual({ channels: 1, bytes: small, historyBytes: 0 })
    await watch.publish(other.signed(2n, { locks: [child] }))
    await s.watch(child.signed(0n), other, alice)
    for (const client of [alice, bob]) expect(s.engine.usage(client).bytes).toBeGreaterThanOrEqual(large)
    await s.engine.stopWatching(child.id, { client: alice })
    expect(s.engine.stats.channels).toBe(2)
    // The state without the lock, which may be needed where the locked channel is barred.
    const archived = stateBytes(child.signed(0n))
    for (const client of [alice, bob]) {
      expect(s.engine.usage(client)).toEqual({ channels: 2, bytes: large + archived, historyBytes: small })
    }
    expect(s.engine.channel(child.id)).toMatchObject({ clients: [], payers: [alice, bob] })
    expect(s.engine.stats.clients).toBe(2)
    await s.engine.stopWatching(other.id, { client: bob })
    expect(s.engine.usage(bob)).toEqual({ channels: 0, bytes: 0, historyBytes: 0 })
    // Somebody wants it again: it is theirs alone.
    await s.watch(other.signed(2n, { locks: [child] }), undefined, bob)
    await s.watch(child.signed(0n), other, bob)
    expect(s.engine.usage(alice)).toEqual({ channels: 1, bytes: large, historyBytes: small })
    expect(s.engine.usage(bob)).toEqual({ channels: 2, bytes: large + archived, historyBytes: small })
    await s.engine.stopWatching(child.id, { client: bob })
    await s.engine.stopWatching(other.id, { client: bob })
    await watch.publish(other.signed(3n))
    await settle()
    expect(s.engine.usage(alice).channels).toBe(1)
  })
})
