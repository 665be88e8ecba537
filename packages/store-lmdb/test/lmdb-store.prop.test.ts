import { type ChannelId, type HeldState, memoryStore } from '@perun-watcher/core'
import { type Store, type StoreChange, stateBytes } from '@perun-watcher/core/adapter'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { channelId, client, held, ledger, ledgers, links, mailbox, params, record } from './support/arbitraries.ts'
import { lmdbPlace } from './support/place.ts'

const ids = fc.sample(channelId, { seed: 1, numRuns: 3 })
const clients = fc.sample(client, { seed: 1, numRuns: 20 })
const id = fc.constantFrom(...ids)
const line = fc.constantFrom(0, 0, 1, 65_535)

/** Few, so that the same states come again and again; two of them have the same version, and one the highest there is. */
const states = fc.sample(held, { seed: 1, numRuns: 8 }).map((each, index) => ({
  ...each,
  state: { ...each.state, version: [0n, 1n, 2n, 2n, 3n, 255n, 256n, 2n ** 64n - 1n][index] ?? 0n },
}))
const state = fc.constantFrom(...states)
const someStates = fc.uniqueArray(state, { maxLength: 4 })
const keptOf = (each: HeldState) => ({ version: each.state.version, hash: each.hash, bytes: stateBytes(each) })

const one = <T extends StoreChange>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<readonly StoreChange[]> =>
  arbitrary.map((each) => [each])

/** What a caller may ask for: states are older ones of a line only where they are kept. */
const changes: fc.Arbitrary<readonly StoreChange[]> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(id, params, held, links).map(([channel, of, newest, to]): readonly StoreChange[] => {
      return [{ type: 'createChannel', id: channel, params: of, newest, ...to }]
    }),
  },
  { weight: 3, arbitrary: one(fc.record({ type: fc.constant('putNewest' as const), id, line, held })) },
  { weight: 3, arbitrary: one(fc.record({ type: fc.constant('putKept' as const), id, line, held: state })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(id, line, someStates)
      .map(([channel, of, older]): readonly StoreChange[] => [
        ...older.map((each) => ({ type: 'putKept' as const, id: channel, line: of, held: each })),
        { type: 'putOlder', id: channel, line: of, older },
      ]),
  },
  {
    weight: 2,
    arbitrary: one(
      fc.record({
        type: fc.constant('dropKept' as const),
        id,
        line,
        states: fc.array(state.map(keptOf), { maxLength: 4 }),
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: one(
      fc.record({ type: fc.constant('createLine' as const), id, line, clients: fc.uniqueArray(client), newest: held }),
    ),
  },
  one(fc.record({ type: fc.constant('putLineClients' as const), id, line, clients: fc.uniqueArray(client) })),
  one(fc.record({ type: fc.constant('removeLine' as const), id, line })),
  one(
    fc.record({ type: fc.constant('putRecord' as const), id, ledger, record: fc.option(record, { nil: undefined }) }),
  ),
  fc.tuple(id, links).map(([channel, to]): readonly StoreChange[] => [{ type: 'putLinks', id: channel, ...to }]),
  one(fc.record({ type: fc.constant('removeChannel' as const), id })),
  one(
    fc.record({
      type: fc.constant('putMailbox' as const),
      id,
      client,
      mailbox: fc.option(mailbox, { nil: undefined }),
    }),
  ),
  one(
    fc.record({ type: fc.constant('putCursor' as const), ledger, blockNumber: fc.bigInt({ min: 0n, max: 2n ** 64n }) }),
  ),
)

const commit = fc.array(changes, { minLength: 1, maxLength: 4 }).map((parts) => parts.flat())

type Step =
  /** Commits that are called one after the other without waiting. */
  { readonly type: 'commits'; readonly commits: readonly (readonly StoreChange[])[] } | { readonly type: 'reopen' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('commits' as const),
      commits: fc.array(commit, { minLength: 1, maxLength: 5 }),
    }),
  },
  fc.record({ type: fc.constant('reopen' as const) }),
)

const outcomes = (store: Store, commits: readonly (readonly StoreChange[])[]): Promise<readonly string[]> =>
  Promise.all(
    commits.map((changes) =>
      store.commit(changes).then(
        () => 'written',
        (error: { readonly code?: string }) => error.code ?? String(error),
      ),
    ),
  )

async function contentOf(store: Store): Promise<unknown> {
  const summaries = new Map<string, unknown>()
  for await (const summary of store.summaries()) summaries.set(summary.id, summary)
  const channels = await Promise.all(ids.map((each) => store.load(each)))
  const mailboxes = await Promise.all(ids.flatMap((each) => clients.map((name) => store.mailbox(each, name))))
  const histories: unknown[] = []
  for (const each of ids) for (const number of [0, 1, 65_535]) histories.push(await keptIn(store, each, number))
  return {
    summaries,
    channels,
    mailboxes,
    histories,
    cursors: await Promise.all(ledgers.map((each) => store.cursor(each))),
  }
}

async function keptIn(store: Store, of: ChannelId, number: number): Promise<unknown> {
  const history: HeldState[] = []
  for await (const each of store.history(of, number)) history.push(each)
  for (const [index, each] of history.entries()) {
    expect(each.state.version, 'in ascending order').toBeGreaterThanOrEqual(history[index - 1]?.state.version ?? 0n)
  }
  const byHash = await Promise.all(states.map(({ state, hash }) => store.kept(of, number, state.version, hash)))
  const byVersion = await Promise.all(states.map(({ state }) => store.kept(of, number, state.version, undefined)))
  const versions = byVersion.map((found) => found?.state.version)
  return { history: history.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)), byHash, versions }
}

async function openAll(store: Store): Promise<void> {
  await store.open(ledgers)
  for (const each of ledgers) await store.bind(each)
}

describe('the LMDB store, under any commits and restarts', () => {
  it('holds what the memory store holds, and refuses what it refuses', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        await using place = lmdbPlace()
        const model = memoryStore()
        await openAll(model)
        let store = place.store()
        await openAll(store)
        for (const each of steps) {
          if (each.type === 'reopen') {
            await store.close()
            store = place.store()
            await openAll(store)
          } else {
            expect(await outcomes(store, each.commits)).toEqual(await outcomes(model, each.commits))
          }
          expect(await contentOf(store)).toEqual(await contentOf(model))
        }
        expect((await store.verify()).damaged).toEqual([])
        await store.close()
      }),
      { numRuns: 60 },
    )
  })
})
