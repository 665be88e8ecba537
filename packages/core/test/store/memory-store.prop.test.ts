import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Mailbox, Store, StoreChange, StoredChannel } from '../../src/adapter.ts'
import { type ChannelId, type ClientName, memoryStore, parseClientName } from '../../src/index.ts'
import { testChannel } from '../../src/testing/index.ts'
import { held } from '../support/random-family.ts'

const channels = [testChannel(), testChannel(), testChannel()]
const clients: readonly [ClientName, ClientName] = [parseClientName('alice'), parseClientName('bob')]

/** The store as a child would write it: copy everything, go on until something fails, throw the copy away. */
type Naive = {
  readonly channels: Map<ChannelId, StoredChannel>
  readonly mailboxes: Map<string, Mailbox>
  cursor: bigint | undefined
}

const boxKey = (id: ChannelId, client: ClientName): string => `${id} ${client}`

function naively(before: Naive, changes: readonly StoreChange[]): Naive | undefined {
  const after: Naive = {
    channels: new Map(before.channels),
    mailboxes: new Map(before.mailboxes),
    cursor: before.cursor,
  }
  return changes.every((change) => isApplied(after, change)) ? after : undefined
}

function isApplied(store: Naive, change: StoreChange): boolean {
  if (change.type === 'putCursor') {
    store.cursor = change.blockNumber
    return true
  }
  const stored = store.channels.get(change.id)
  if (change.type === 'removeChannel') {
    store.channels.delete(change.id)
    for (const client of clients) store.mailboxes.delete(boxKey(change.id, client))
    return true
  }
  if (change.type === 'createChannel' ? stored !== undefined : stored === undefined) return false
  if (change.type === 'putMailbox') {
    const key = boxKey(change.id, change.client)
    if (change.mailbox === undefined) store.mailboxes.delete(key)
    else store.mailboxes.set(key, change.mailbox)
    return true
  }
  const next = change.type === 'createChannel' ? created(change) : stored && patched(stored, change)
  if (next !== undefined) store.channels.set(change.id, next)
  return next !== undefined
}

function created({ params, parents, clients, newest }: Extract<StoreChange, { type: 'createChannel' }>): StoredChannel {
  const nothing = { fallback: undefined, registered: undefined, record: undefined, isRecordKnown: false }
  return { params, parents, clients, newest, ...nothing }
}

type Patch = Exclude<StoreChange, { type: 'putCursor' | 'putMailbox' | 'removeChannel' | 'createChannel' }>

function patched(stored: StoredChannel, change: Patch): StoredChannel | undefined {
  if (change.type === 'putLinks') return { ...stored, parents: change.parents, clients: change.clients }
  if (change.type === 'putFallback') return { ...stored, fallback: change.held }
  if (change.type === 'putRegistered') return { ...stored, registered: change.held }
  if (change.type === 'putRecord') return { ...stored, record: change.record, isRecordKnown: true }
  const isNewer = change.held.state.version > stored.newest.state.version
  return isNewer ? { ...stored, newest: change.held } : undefined
}

const version = fc.bigInt({ min: 0n, max: 6n })

const change: fc.Arbitrary<StoreChange> = fc
  .record({ channel: fc.constantFrom(...channels), version, flag: fc.boolean(), kind: fc.integer({ min: 0, max: 9 }) })
  .map(({ channel, version, flag, kind }): StoreChange => {
    const { id, params } = channel
    const newest = held(channel.signed(version))
    const maybe = flag ? newest : undefined
    const client = clients[Number(version) % 2] ?? clients[0]
    const mailbox = flag ? { lastSequence: version, events: [] } : undefined
    const record = flag
      ? ({ version, phase: 'dispute', timeout: 5n, stateHash: undefined, blockNumber: 1n } as const)
      : undefined
    const changes: readonly [StoreChange, ...StoreChange[]] = [
      { type: 'createChannel', id, params, parents: [], clients, newest },
      { type: 'putNewest', id, held: newest },
      { type: 'putNewest', id, held: newest },
      { type: 'putLinks', id, parents: flag ? channels.map((each) => each.id) : [], clients: flag ? clients : [] },
      { type: 'putFallback', id, held: maybe },
      { type: 'putRegistered', id, held: maybe },
      { type: 'putRecord', id, record },
      { type: 'putMailbox', id, client, mailbox },
      { type: 'removeChannel', id },
      { type: 'putCursor', blockNumber: version },
    ]
    return changes[kind] ?? changes[0]
  })

async function expectSame(store: Store, naive: Naive): Promise<void> {
  for (const { id } of channels) {
    expect(await store.load(id)).toEqual(naive.channels.get(id))
    for (const client of clients) {
      expect(await store.mailbox(id, client)).toEqual(naive.mailboxes.get(boxKey(id, client)))
    }
  }
  expect(await store.cursor()).toBe(naive.cursor)
}

describe('the memory store, under any commits', () => {
  it('holds what a naive store holds, and writes all or nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 12 }), async (commits) => {
        const store = memoryStore()
        let naive: Naive = { channels: new Map(), mailboxes: new Map(), cursor: undefined }
        for (const changes of commits) {
          const after = naively(naive, changes)
          const isWritten = await store.commit(changes).then(
            () => true,
            () => false,
          )
          expect(isWritten).toBe(after !== undefined)
          naive = after ?? naive
          await expectSame(store, naive)
        }
        const listed = new Map<ChannelId, bigint>()
        for await (const { id, version } of store.summaries()) listed.set(id, version)
        expect(listed).toEqual(new Map([...naive.channels].map(([id, { newest }]) => [id, newest.state.version])))
      }),
      { numRuns: 300 },
    )
  })
})
