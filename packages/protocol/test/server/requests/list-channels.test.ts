import { testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import type { ReplyResult } from '../../../src/internal.ts'
import { served } from '../../support/served.ts'
import type { WireClient } from '../../support/wire-client.ts'

async function list(client: WireClient, { request = 100n, after = undefined, limit = 0 } = {}): Promise<ReplyResult> {
  await client.send({ type: 'listChannels', request, after, limit })
  return await client.answer(request)
}

describe('a list of channels', () => {
  it('has those of the client who asks, on any connection, with what is held for it', async () => {
    await using s = await served()
    const [alice, bob] = [await s.join('alice'), await s.join('bob')]
    const [root, other, shared] = [testChannel(), testChannel(), testChannel()]
    await alice.start(root.signed(3n))
    await bob.start(other.signed(4n))
    await alice.start(shared.signed(1n), { watch: 2 })
    await bob.start(shared.signed(2n), { watch: 2 })
    const sub = testChannel({ kind: 'sub' })
    await alice.start(sub.signed(6n), { watch: 3, parent: root })
    const again = await s.join('alice')
    const of = [
      { id: root.id, version: 3n, parent: undefined },
      { id: shared.id, version: s.world.engine.channel(shared.id)?.version, parent: undefined },
      { id: sub.id, version: 6n, parent: root.id },
    ].sort((a, b) => (a.id < b.id ? -1 : 1))
    expect(await list(again)).toEqual({ type: 'channels', channels: of, more: false })
    await alice.stop(sub)
    expect(await list(again, { request: 101n })).toMatchObject({ channels: of.filter(({ id }) => id !== sub.id) })
    expect(await list(await s.join('carol'))).toEqual({ type: 'channels', channels: [], more: false })
  })

  it("names no parent that is somebody else's, but its own one", async () => {
    await using s = await served()
    const [alice, hub] = [await s.join('alice'), await s.join('hub')]
    const [alices, hubs] = [testChannel(), testChannel()]
    const shared = testChannel({ kind: 'virtual' })
    await alice.start(alices.signed(1n))
    await alice.start(shared.signed(1n), { watch: 2, parent: alices })
    await hub.start(hubs.signed(1n))
    await hub.start(shared.signed(1n), { watch: 2, parent: hubs })
    const own = { channels: expect.arrayContaining([expect.objectContaining({ id: shared.id, parent: hubs.id })]) }
    expect(await list(hub)).toMatchObject(own)
  })

  it('comes in pages, each behind the last channel of the one before', async () => {
    await using s = await served()
    const client = await s.join()
    const channels = [testChannel(), testChannel(), testChannel()]
    for (const [watch, each] of channels.entries()) await client.start(each.signed(1n), { watch: watch + 1 })
    const ids = channels.map(({ id }) => id).sort()
    expect(await list(client, { limit: 2 })).toMatchObject({ channels: [{ id: ids[0] }, { id: ids[1] }], more: true })
    await client.send({ type: 'listChannels', request: 101n, after: ids[1], limit: 2 })
    expect(await client.answer(101n)).toMatchObject({ channels: [{ id: ids[2] }], more: false })
  })
})

describe('starts that arrive together', () => {
  it('are begun parents first, also at a watcher that knows none of them', async () => {
    await using s = await served()
    const client = await s.join()
    const root = testChannel()
    const child = testChannel({ kind: 'sub' })
    const grandchild = testChannel({ kind: 'sub' })
    const send = (request: bigint, newest: ReturnType<typeof root.signed>, parent: typeof root.id | undefined) =>
      client.send({ type: 'startWatching', request, watch: Number(request), newest, parent, receipt: undefined })
    await Promise.all([
      send(1n, root.signed(1n), undefined),
      send(2n, child.signed(1n), root.id),
      send(3n, grandchild.signed(1n), child.id),
    ])
    for (const request of [1n, 2n, 3n]) expect(await client.answer(request)).toMatchObject({ type: 'started' })
  })

  it('hear that the parent is unknown where it was refused, and wait for nothing that never comes', async () => {
    await using s = await served()
    const client = await s.join()
    const [one, two] = [testChannel({ kind: 'sub' }), testChannel({ kind: 'sub' })]
    const send = (request: bigint, newest: ReturnType<typeof one.signed>, parent: typeof one.id) =>
      client.send({ type: 'startWatching', request, watch: Number(request), newest, parent, receipt: undefined })
    // Each names the other as its parent, and one of them itself.
    await Promise.all([
      send(1n, one.signed(1n), two.id),
      send(2n, two.signed(1n), one.id),
      send(3n, one.signed(1n), one.id),
    ])
    for (const request of [1n, 2n, 3n]) expect(await client.answer(request)).toMatchObject({ type: 'failed' })
  })

  it('are not overtaken by a stop: what a client has stopped is not guarded afterwards', async () => {
    await using s = await served()
    const client = await s.join()
    const [root, child] = [testChannel(), testChannel({ kind: 'sub' })]
    await Promise.all([
      client.send({
        type: 'startWatching',
        request: 1n,
        watch: 1,
        newest: root.signed(1n),
        parent: undefined,
        receipt: undefined,
      }),
      client.send({
        type: 'startWatching',
        request: 2n,
        watch: 2,
        newest: child.signed(1n),
        parent: root.id,
        receipt: undefined,
      }),
      client.send({ type: 'stopWatching', request: 3n, channelId: child.id }),
    ])
    expect(await client.answer(3n)).toEqual({ type: 'stopped' })
    expect(await list(client)).toMatchObject({ channels: [{ id: root.id }] })
  })
})
