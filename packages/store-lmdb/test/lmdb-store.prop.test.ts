import { memoryStore } from '@perun-watcher/core'
import type { Store, StoreChange } from '@perun-watcher/core/adapter'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { channelId, client, held, links, mailbox, params, record } from './support/arbitraries.ts'
import { lmdbPlace } from './support/place.ts'

const ids = fc.sample(channelId, { seed: 1, numRuns: 4 })
const clients = fc.sample(client, { seed: 1, numRuns: 20 })
const id = fc.constantFrom(...ids)
const maybeHeld = fc.option(held, { nil: undefined })

const change: fc.Arbitrary<StoreChange> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(id, params, held, links).map(([channel, of, newest, to]): StoreChange => {
      return { type: 'createChannel', id: channel, params: of, newest, ...to }
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('putNewest' as const), id, held }) },
  fc.record({ type: fc.constant('putFallback' as const), id, held: maybeHeld }),
  fc.record({ type: fc.constant('putRegistered' as const), id, held: maybeHeld }),
  fc.record({ type: fc.constant('putRecord' as const), id, record: fc.option(record, { nil: undefined }) }),
  fc.tuple(id, links).map(([channel, to]): StoreChange => ({ type: 'putLinks', id: channel, ...to })),
  fc.record({ type: fc.constant('removeChannel' as const), id }),
  fc.record({ type: fc.constant('putMailbox' as const), id, client, mailbox: fc.option(mailbox, { nil: undefined }) }),
  fc.record({ type: fc.constant('putCursor' as const), blockNumber: fc.bigInt({ min: 0n, max: 2n ** 64n }) }),
)

type Step =
  /** Commits that are called one after the other without waiting. */
  { readonly type: 'commits'; readonly commits: readonly (readonly StoreChange[])[] } | { readonly type: 'reopen' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('commits' as const),
      commits: fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
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
  return { summaries, channels, mailboxes, cursor: await store.cursor() }
}

describe('the LMDB store, under any commits and restarts', () => {
  it('holds what the memory store holds, and refuses what it refuses', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        await using place = lmdbPlace()
        const model = memoryStore()
        let store = place.store()
        await store.open('ledger:1')
        for (const each of steps) {
          if (each.type === 'reopen') {
            await store.close()
            store = place.store()
            await store.open('ledger:1')
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
