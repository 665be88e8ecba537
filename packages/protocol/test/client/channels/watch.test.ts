import { testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import { fact } from '../../../../core/test/support/events.ts'
import { isPending } from '../../../../core/test/support/setup.ts'
import { error } from '../../support/errors.ts'
import { settle } from '../../support/manual-clock.ts'
import { script } from '../../support/scripted-watcher.ts'
import { watching } from '../../support/watching.ts'

const started = { type: 'started', version: 0n, receipt: undefined } as const

describe('watching through a remote watcher', () => {
  it('waits over lost connections until the watcher has started', async () => {
    await using s = script()
    const channel = testChannel()
    const starting = s.watcher.startWatching(channel.signed(0n))
    await (await s.greet()).expect('startWatching')
    s.cut()
    expect(await isPending(starting)).toBe(true)
    await s.clock.advance(200)
    const peer = await s.greet()
    await peer.reply((await peer.expect('startWatching')).request, started)
    await starting
    expect(s.watcher.status.watches).toBe(1)
  })

  it('waits no longer than its signal allows, and leaves nothing behind', async () => {
    await using s = script()
    const caller = new AbortController()
    const starting = s.watcher.startWatching(testChannel().signed(0n), { signal: caller.signal })
    caller.abort(new Error('no longer'))
    await expect(starting).rejects.toThrow('no longer')
    const peer = await s.greet()
    expect(await peer.rest()).toEqual([])
  })

  it('hears why the watcher refuses', async () => {
    await using s = script()
    const starting = s.watcher.startWatching(testChannel().signed(0n))
    const peer = await s.greet()
    await peer.reply((await peer.expect('startWatching')).request, {
      type: 'failed',
      error: error('SIGNATURE_INVALID', { details: ['Participant 1.'] }),
    })
    await expect(starting).rejects.toMatchObject({ code: 'SIGNATURE_INVALID', details: ['Participant 1.'] })
    expect(s.watcher.status.watches).toBe(0)
  })

  it('is tried again while the watcher cannot', async () => {
    await using s = script()
    const starting = s.watcher.startWatching(testChannel().signed(0n))
    const peer = await s.greet()
    const first = await peer.expect('startWatching')
    await peer.reply(first.request, { type: 'failed', error: error('STORE_FAILED') })
    await s.clock.advance(200)
    const second = await peer.expect('startWatching')
    expect(second.watch).not.toBe(first.watch)
    await peer.reply(second.request, started)
    await starting
  })

  it('ends with the error if the watcher refuses to go on after a reconnect', async () => {
    await using s = await watching()
    s.script.cut()
    await s.script.clock.advance(200)
    const peer = await s.script.greet()
    const { request } = await peer.expect('startWatching')
    await peer.reply(request, { type: 'failed', error: error('CHANNEL_ID_MISMATCH') })
    expect(await s.watch.eventsSub.next()).toBeUndefined()
    expect(s.watch.eventsSub.error).toMatchObject({ code: 'CHANNEL_ID_MISMATCH' })
    await expect(s.watch.statesPub.publish(s.channel.signed(1n))).rejects.toMatchObject({ code: 'CHANNEL_ID_MISMATCH' })
  })

  it('goes on with parents first', async () => {
    await using s = script()
    const [parent, child] = [testChannel(), testChannel({ kind: 'sub' })]
    const startingParent = s.watcher.startWatching(parent.signed(0n))
    const first = await s.greet()
    await first.reply((await first.expect('startWatching')).request, started)
    await startingParent
    const startingChild = s.watcher.startWatching(child.signed(0n), { parent: parent.id })
    const request = await first.expect('startWatching')
    expect(request.parent).toBe(parent.id)
    await first.reply(request.request, started)
    await startingChild
    // The parent has fresh handles, and comes behind its child in the order of the starts.
    const again = s.watcher.startWatching(parent.signed(0n))
    await first.reply((await first.expect('startWatching')).request, started)
    await again
    s.cut()
    await s.clock.advance(200)
    const second = await s.greet()
    const resumed = await second.expect('startWatching')
    expect(resumed.newest.state.channelId).toBe(parent.id)
    expect(await second.rest()).toEqual([])
    await second.reply(resumed.request, started)
    expect((await second.expect('startWatching')).newest.state.channelId).toBe(child.id)
  })

  it('gives fresh handles to a second start of the same channel, and loses nothing that was published', async () => {
    await using s = await watching()
    const publishing = [1n, 2n].map((version) => s.watch.statesPub.publish(s.channel.signed(version)))
    const first = await s.peer.expect('publish')
    const starting = s.script.watcher.startWatching(s.channel.signed(0n))
    const start = await s.peer.expect('startWatching')
    await s.peer.reply(start.request, { ...started, version: 0n })
    const fresh = await starting
    expect(await s.watch.eventsSub.next()).toBeUndefined()
    expect(s.watch.eventsSub.error).toBeUndefined()
    await expect(s.watch.statesPub.publish(s.channel.signed(3n))).rejects.toMatchObject({ code: 'WATCH_ENDED' })
    await s.peer.reply(first.request, { type: 'published', version: 1n, receipt: undefined })
    const second = await s.peer.expect('publish')
    expect(second.watch).toBe(start.watch)
    await s.peer.reply(second.request, { type: 'published', version: 2n, receipt: undefined })
    await Promise.all(publishing)
    expect(s.script.watcher.status.watches).toBe(1)
    expect(await isPending(fresh.eventsSub.next())).toBe(true)
  })

  it('goes on when a second start of the same channel is given up after it was sent', async () => {
    await using s = await watching()
    const caller = new AbortController()
    const starting = s.script.watcher.startWatching(s.channel.signed(0n), { signal: caller.signal })
    const unwanted = await s.peer.expect('startWatching')
    caller.abort(new Error('no longer'))
    await expect(starting).rejects.toThrow('no longer')
    // The watcher tells events in its last watch only.
    await s.peer.reply(unwanted.request, started)
    const again = await s.peer.expect('startWatching')
    await s.peer.reply(again.request, started)
    await s.peer.send({
      type: 'event',
      ledgerId: 'test:1',
      watch: again.watch,
      sequence: 1n,
      event: fact('registered', 1n),
    })
    expect(await s.watch.eventsSub.next()).toMatchObject({ type: 'registered', version: 1n })
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    const publish = await s.peer.expect('publish')
    expect(publish.watch).toBe(again.watch)
    await s.peer.reply(publish.request, { type: 'published', version: 1n, receipt: undefined })
    await publishing
    expect(s.script.watcher.status.watches).toBe(1)
  })

  it('asks for nothing more when a first start is given up after it was sent', async () => {
    await using s = script()
    const caller = new AbortController()
    const starting = s.watcher.startWatching(testChannel().signed(0n), { signal: caller.signal })
    const peer = await s.greet()
    const { request } = await peer.expect('startWatching')
    caller.abort(new Error('no longer'))
    await expect(starting).rejects.toThrow('no longer')
    await peer.reply(request, started)
    expect(await peer.rest()).toEqual([])
  })

  it('ends with the watcher, and says why', async () => {
    await using s = await watching()
    await s.peer.send({ type: 'watchEnded', watch: s.start.watch, error: error('CHANNEL_UNKNOWN') })
    expect(await s.watch.eventsSub.next()).toBeUndefined()
    expect(s.watch.eventsSub.error).toMatchObject({ code: 'CHANNEL_UNKNOWN' })
    expect(s.script.watcher.status.watches).toBe(0)
  })

  it('begins anew when the watcher ended it for a while', async () => {
    await using s = await watching()
    await s.peer.send({ type: 'watchEnded', watch: s.start.watch, error: error('STORE_FAILED') })
    await settle()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    expect(await s.peer.rest()).toEqual([])
    await s.script.clock.advance(200)
    await s.peer.reply((await s.peer.expect('startWatching')).request, started)
    await s.peer.reply((await s.peer.expect('publish')).request, { type: 'published', version: 1n, receipt: undefined })
    await publishing
  })

  it('takes no states after its publisher was closed, and goes on hearing events', async () => {
    await using s = await watching()
    await s.watch.statesPub.close()
    await expect(s.watch.statesPub.publish(s.channel.signed(1n))).rejects.toMatchObject({ code: 'WATCH_ENDED' })
    expect(await isPending(s.watch.eventsSub.next())).toBe(true)
  })
})

describe('stopping through a remote watcher', () => {
  it('ends the handles once the watcher has stopped', async () => {
    await using s = await watching()
    const stopping = s.script.watcher.stopWatching(s.channel.id)
    const { request, channelId } = await s.peer.expect('stopWatching')
    expect(channelId).toBe(s.channel.id)
    await s.peer.send({ type: 'watchEnded', watch: s.start.watch, error: undefined })
    await s.peer.reply(request, { type: 'stopped' })
    await stopping
    expect(await s.watch.eventsSub.next()).toBeUndefined()
    expect(s.watch.eventsSub.error).toBeUndefined()
    await expect(s.watch.statesPub.publish(s.channel.signed(1n))).rejects.toMatchObject({ code: 'WATCH_ENDED' })
  })

  it('changes nothing when the watcher refuses', async () => {
    await using s = await watching()
    const stopping = s.script.watcher.stopWatching(s.channel.id)
    const { request } = await s.peer.expect('stopWatching')
    await s.peer.reply(request, { type: 'failed', error: error('SUB_CHANNELS_WATCHED') })
    await expect(stopping).rejects.toMatchObject({ code: 'SUB_CHANNELS_WATCHED' })
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    await s.peer.reply((await s.peer.expect('publish')).request, { type: 'published', version: 1n, receipt: undefined })
    await publishing
  })

  it('is asked for again after a lost connection, behind the start that the reconnect brings', async () => {
    await using s = await watching()
    const stopping = s.script.watcher.stopWatching(s.channel.id)
    await s.peer.expect('stopWatching')
    s.script.cut()
    await s.script.clock.advance(200)
    const peer = await s.resume(0n)
    await peer.reply((await peer.expect('stopWatching')).request, { type: 'stopped' })
    await stopping
    expect(s.script.watcher.status.watches).toBe(0)
  })

  it('takes "unknown" for the answer that it missed', async () => {
    await using s = script()
    const stopping = s.watcher.stopWatching(testChannel().id)
    await (await s.greet()).expect('stopWatching')
    s.cut()
    await s.clock.advance(200)
    const peer = await s.greet()
    const { request } = await peer.expect('stopWatching')
    await peer.reply(request, { type: 'failed', error: error('CHANNEL_UNKNOWN') })
    await stopping
  })

  it('tells of a channel that was never watched', async () => {
    await using s = script()
    const stopping = s.watcher.stopWatching(testChannel().id)
    const peer = await s.greet()
    const { request } = await peer.expect('stopWatching')
    await peer.reply(request, { type: 'failed', error: error('CHANNEL_UNKNOWN') })
    await expect(stopping).rejects.toMatchObject({ code: 'CHANNEL_UNKNOWN' })
  })

  it('waits no longer than its signal allows', async () => {
    await using s = script()
    const caller = new AbortController()
    const stopping = s.watcher.stopWatching(testChannel().id, { signal: caller.signal })
    caller.abort(new Error('no longer'))
    await expect(stopping).rejects.toThrow('no longer')
    const peer = await s.greet()
    expect(await peer.rest()).toEqual([])
  })
})
