import { testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import { error } from '../../support/errors.ts'
import { settle } from '../../support/manual-clock.ts'
import { watching } from '../../support/watching.ts'

describe('publishing to a remote watcher', () => {
  it('resolves when the watcher says that the state is on disk', async () => {
    await using s = await watching()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    const { request, watch, transaction } = await s.peer.expect('publish')
    expect(watch).toBe(s.start.watch)
    expect(transaction.state.version).toBe(1n)
    expect(s.script.watcher.status.pendingPublishes).toBe(1)
    await s.peer.reply(request, { type: 'published', version: 1n, receipt: undefined })
    await publishing
    expect(s.script.watcher.status.pendingPublishes).toBe(0)
  })

  it('sends one state at a time, and of those that waited only the newest', async () => {
    await using s = await watching()
    const publishing = [1n, 2n, 4n, 3n].map((version) => s.watch.statesPub.publish(s.channel.signed(version)))
    const first = await s.peer.expect('publish')
    expect(first.transaction.state.version).toBe(1n)
    expect(await s.peer.rest()).toEqual([])
    await s.peer.reply(first.request, { type: 'published', version: 1n, receipt: undefined })
    const second = await s.peer.expect('publish')
    expect(second.transaction.state.version).toBe(4n)
    await s.peer.reply(second.request, { type: 'published', version: 4n, receipt: undefined })
    await Promise.all(publishing)
    expect(await s.peer.rest()).toEqual([])
  })

  it('tries the next older state when the newest is refused', async () => {
    await using s = await watching()
    const [first, older, newest] = [1n, 2n, 3n].map((version) => s.watch.statesPub.publish(s.channel.signed(version)))
    await s.peer.reply((await s.peer.expect('publish')).request, { type: 'published', version: 1n, receipt: undefined })
    await first
    const refused = await s.peer.expect('publish')
    await s.peer.reply(refused.request, { type: 'failed', error: error('SIGNATURE_INVALID') })
    await expect(newest).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
    const taken = await s.peer.expect('publish')
    expect(taken.transaction.state.version).toBe(2n)
    await s.peer.reply(taken.request, { type: 'published', version: 2n, receipt: undefined })
    await older
  })

  it('repeats what the watcher could not do, not before the time that it names', async () => {
    await using s = await watching()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    const { request } = await s.peer.expect('publish')
    await s.peer.reply(request, { type: 'failed', error: error('OVERLOADED', { retryAfterMs: 5_000 }) })
    await s.script.clock.advance(4_999)
    expect(await s.peer.rest()).toEqual([])
    await s.script.clock.advance(1)
    const again = await s.peer.expect('publish')
    expect(again.request).not.toBe(request)
    await s.peer.reply(again.request, { type: 'published', version: 1n, receipt: undefined })
    await publishing
  })

  it('hands a full quota to the caller, who alone can do something about it', async () => {
    await using s = await watching()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    await s.peer.reply((await s.peer.expect('publish')).request, { type: 'failed', error: error('QUOTA_EXCEEDED') })
    await expect(publishing).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED', retryable: true })
  })

  it('waits for the connection, and then sends only the newest', async () => {
    await using s = await watching()
    s.script.cut()
    await settle()
    const publishing = [1n, 2n].map((version) => s.watch.statesPub.publish(s.channel.signed(version)))
    await s.script.clock.advance(200)
    const peer = await s.resume(0n)
    const { request, transaction } = await peer.expect('publish')
    expect(transaction.state.version).toBe(2n)
    await peer.reply(request, { type: 'published', version: 2n, receipt: undefined })
    await Promise.all(publishing)
  })

  it('rejects the oldest state when more wait than the limit allows', async () => {
    await using s = await watching({ pendingLimit: 2 })
    s.script.cut()
    await settle()
    const [oldest, ...others] = [1n, 2n, 3n].map((version) => s.watch.statesPub.publish(s.channel.signed(version)))
    await expect(oldest).rejects.toMatchObject({ code: 'PUBLISH_SUPERSEDED' })
    await s.script.clock.advance(200)
    const peer = await s.resume(0n)
    await peer.reply((await peer.expect('publish')).request, { type: 'published', version: 3n, receipt: undefined })
    await Promise.all(others)
  })

  it('sends a state again whose answer was lost, and takes "too old" for the answer that it missed', async () => {
    await using s = await watching()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    await s.peer.expect('publish')
    s.script.cut()
    await s.script.clock.advance(200)
    const peer = await s.resume(0n)
    const { request } = await peer.expect('publish')
    await peer.reply(request, { type: 'failed', error: error('VERSION_STALE') })
    await publishing
  })

  it('refuses a state that is too old if it was never sent before', async () => {
    await using s = await watching()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    await s.peer.reply((await s.peer.expect('publish')).request, { type: 'failed', error: error('VERSION_STALE') })
    await expect(publishing).rejects.toMatchObject({ code: 'VERSION_STALE' })
  })

  it('ends the waiting of an aborted call and sends nothing for it', async () => {
    await using s = await watching()
    s.script.cut()
    await settle()
    const caller = new AbortController()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n), { signal: caller.signal })
    caller.abort(new Error('no longer'))
    await expect(publishing).rejects.toThrow('no longer')
    await s.script.clock.advance(200)
    const peer = await s.resume(0n)
    expect(await peer.rest()).toEqual([])
  })

  it('goes on with the newest acknowledged state after a lost connection', async () => {
    await using s = await watching()
    const publishing = s.watch.statesPub.publish(s.channel.signed(7n))
    await s.peer.reply((await s.peer.expect('publish')).request, { type: 'published', version: 7n, receipt: undefined })
    await publishing
    s.script.cut()
    await s.script.clock.advance(200)
    await s.resume(7n)
  })

  it('drops a connection in which an older version is acknowledged than was published', async () => {
    await using s = await watching()
    const publishing = s.watch.statesPub.publish(s.channel.signed(2n))
    await s.peer.reply((await s.peer.expect('publish')).request, { type: 'published', version: 1n, receipt: undefined })
    await s.script.clock.advance(200)
    expect(s.script.watcher.status.lastError?.code).toBe('PROTOCOL_VIOLATION')
    const peer = await s.resume(0n)
    await peer.reply((await peer.expect('publish')).request, { type: 'published', version: 2n, receipt: undefined })
    await publishing
  })

  it('refuses at once what cannot be sent', async () => {
    await using s = await watching({}, { maxMessageBytes: 300 })
    const { statesPub } = s.watch
    await expect(statesPub.publish(testChannel().signed(1n))).rejects.toMatchObject({ code: 'CHANNEL_ID_MISMATCH' })
    await expect(statesPub.publish(s.channel.signed(-1n))).rejects.toMatchObject({ code: 'STATE_MALFORMED' })
    const large = s.channel.signed(1n)
    const appData = `0x${'00'.repeat(1_000)}` as const
    await expect(statesPub.publish({ ...large, state: { ...large.state, appData } })).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
    })
    expect(await s.peer.rest()).toEqual([])
  })
})
