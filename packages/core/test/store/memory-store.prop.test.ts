import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ChannelId, memoryStore, type StoreChange, type StoredChannel, type Transaction } from '../../src/index.ts'
import { type TestChannel, testChannel } from '../support/channels.ts'

const channels = [testChannel(), testChannel(), testChannel()]
const txOf = (channel: TestChannel, version: bigint): Transaction => {
  const { state, sigs } = channel.signed(version)
  return { state, sigs }
}

/** The store as a child would write it: copy everything, go on until something fails, throw the copy away. */
type Naive = { readonly channels: Map<ChannelId, StoredChannel>; cursor: bigint | undefined }

function naively(before: Naive, changes: readonly StoreChange[]): Naive | undefined {
  const after: Naive = { channels: new Map(before.channels), cursor: before.cursor }
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
    return true
  }
  if (change.type === 'createChannel' ? stored !== undefined : stored === undefined) return false
  const next = change.type === 'createChannel' ? created(change) : stored && patched(stored, change)
  if (next !== undefined) store.channels.set(change.id, next)
  return next !== undefined
}

function created({ params, parents, newest }: Extract<StoreChange, { type: 'createChannel' }>): StoredChannel {
  const nothing = { fallback: undefined, registered: undefined, record: undefined, isRecordKnown: false }
  return { params, parents, newest, watched: true, ...nothing }
}

type Patch = Exclude<StoreChange, { type: 'putCursor' | 'removeChannel' | 'createChannel' }>

function patched(stored: StoredChannel, change: Patch): StoredChannel | undefined {
  if (change.type === 'putLinks') return { ...stored, parents: change.parents, watched: change.watched }
  if (change.type === 'putFallback') return { ...stored, fallback: change.transaction }
  if (change.type === 'putRegistered') return { ...stored, registered: change.transaction }
  if (change.type === 'putRecord') return { ...stored, record: change.record, isRecordKnown: true }
  const isNewer = change.transaction.state.version > stored.newest.state.version
  return isNewer ? { ...stored, newest: change.transaction } : undefined
}

const version = fc.bigInt({ min: 0n, max: 6n })

const change: fc.Arbitrary<StoreChange> = fc
  .record({ channel: fc.constantFrom(...channels), version, flag: fc.boolean(), kind: fc.integer({ min: 0, max: 8 }) })
  .map(({ channel, version, flag, kind }): StoreChange => {
    const { id, params } = channel
    const transaction = txOf(channel, version)
    const maybe = flag ? transaction : undefined
    const record = flag
      ? ({ version, phase: 'dispute', timeout: 5n, stateHash: undefined, blockNumber: 1n } as const)
      : undefined
    const changes: readonly [StoreChange, ...StoreChange[]] = [
      { type: 'createChannel', id, params, parents: [], newest: transaction },
      { type: 'putNewest', id, transaction },
      { type: 'putNewest', id, transaction },
      { type: 'putLinks', id, parents: flag ? channels.map((each) => each.id) : [], watched: flag },
      { type: 'putFallback', id, transaction: maybe },
      { type: 'putRegistered', id, transaction: maybe },
      { type: 'putRecord', id, record },
      { type: 'removeChannel', id },
      { type: 'putCursor', blockNumber: version },
    ]
    return changes[kind] ?? changes[0]
  })

describe('the memory store, under any commits', () => {
  it('holds what a naive store holds, and writes all or nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 12 }), async (commits) => {
        const store = memoryStore()
        let naive: Naive = { channels: new Map(), cursor: undefined }
        for (const changes of commits) {
          const after = naively(naive, changes)
          const isWritten = await store.commit(changes).then(
            () => true,
            () => false,
          )
          expect(isWritten).toBe(after !== undefined)
          naive = after ?? naive
          for (const { id } of channels) expect(await store.load(id)).toEqual(naive.channels.get(id))
          expect(await store.cursor()).toBe(naive.cursor)
        }
        const listed = new Map<ChannelId, StoredChannel>()
        for await (const [id, channel] of store.channels()) listed.set(id, channel)
        expect(listed).toEqual(naive.channels)
      }),
      { numRuns: 300 },
    )
  })
})
