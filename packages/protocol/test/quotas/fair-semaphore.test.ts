import { setImmediate } from 'node:timers/promises'
import { type ClientName, parseClientName } from '@perun-watcher/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FairSemaphore, fairSemaphore } from '../../src/quotas/fair-semaphore.ts'

const clients = ['alice', 'bob', 'mallory'].map(parseClientName)
const [alice, , mallory] = [parseClientName('alice'), parseClientName('bob'), parseClientName('mallory')]

/** Tasks that the test ends. */
function workshop(turns: FairSemaphore) {
  const running: { readonly client: ClientName; readonly end: () => void }[] = []
  const order: ClientName[] = []
  return {
    running,
    order,
    ask: (client: ClientName, signal?: AbortSignal) =>
      turns.run(
        client,
        () =>
          new Promise<void>((resolve) => {
            order.push(client)
            running.push({ client, end: resolve })
          }),
        { signal },
      ),
    async endFirst() {
      running.shift()?.end()
      await setImmediate()
    },
  }
}

describe('turns', () => {
  it('let a client with one request pass those that another one piled up', async () => {
    const turns = fairSemaphore({ atOnce: 2, atOncePerClient: 2, waitingPerClient: 100 })
    const { ask, order, endFirst } = workshop(turns)
    for (let each = 0; each < 50; each++) void ask(mallory)
    void ask(alice)
    await endFirst()
    await endFirst()
    expect(order.slice(0, 4)).toContain(alice)
  })

  it('leave places free that one client may not take', async () => {
    const turns = fairSemaphore({ atOnce: 4, atOncePerClient: 2, waitingPerClient: 100 })
    const { ask, order } = workshop(turns)
    for (let each = 0; each < 50; each++) void ask(mallory)
    void ask(alice)
    await setImmediate()
    expect(order).toEqual([mallory, mallory, alice])
  })

  it('refuse what a client piles up beyond its share, and nothing of others', async () => {
    const turns = fairSemaphore({ atOnce: 1, atOncePerClient: 1, waitingPerClient: 2 })
    const { ask } = workshop(turns)
    for (let each = 0; each < 3; each++) void ask(mallory)
    await expect(ask(mallory)).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true })
    void ask(alice)
    expect(turns.waiting).toBe(3)
  })

  it('free the place of one that is aborted while it waits', async () => {
    const turns = fairSemaphore({ atOnce: 1, atOncePerClient: 1, waitingPerClient: 10 })
    const { ask, endFirst, order } = workshop(turns)
    void ask(alice)
    const [controller, reason] = [new AbortController(), new Error('gone')]
    const aborted = ask(mallory, controller.signal)
    controller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    await expect(ask(mallory, AbortSignal.abort(reason))).rejects.toBe(reason)
    await endFirst()
    expect(order).toEqual([alice])
    expect([turns.running, turns.waiting]).toEqual([0, 0])
  })

  it('bring every request to its turn, in the order of its client, and never run more than they may', async () => {
    const asked = fc.array(fc.constantFrom(...clients), { maxLength: 40 })
    const limit = fc.integer({ min: 1, max: 4 })
    await fc.assert(
      fc.asyncProperty(asked, limit, limit, async (requests, atOnce, atOncePerClient) => {
        const turns = fairSemaphore({ atOnce, atOncePerClient, waitingPerClient: 100 })
        const { ask, endFirst, order, running } = workshop(turns)
        const done = requests.map((client) => ask(client))
        await setImmediate()
        while (running.length > 0) {
          expect(turns.running).toBe(running.length)
          expect(running.length).toBeLessThanOrEqual(atOnce)
          for (const client of clients) {
            const mine = running.filter((each) => each.client === client).length
            expect(mine).toBeLessThanOrEqual(atOncePerClient)
          }
          await endFirst()
        }
        await Promise.all(done)
        expect(order.toSorted()).toEqual(requests.toSorted())
        expect([turns.running, turns.waiting]).toEqual([0, 0])
      }),
      { numRuns: 50 },
    )
  })
})
