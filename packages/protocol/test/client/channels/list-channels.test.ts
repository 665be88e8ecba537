import { type ChannelId, parseChannelId } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import type { GuardedChannel } from '../../../src/index.ts'
import { error } from '../../support/errors.ts'
import { settle } from '../../support/manual-clock.ts'
import { script } from '../../support/scripted-watcher.ts'

const channel = (number: number): GuardedChannel => ({ id: idOf(number), version: 1n, parent: undefined })
const idOf = (number: number): ChannelId => parseChannelId(`0x${String(number).padStart(64, '0')}`)

async function listed(channels: AsyncIterable<GuardedChannel>): Promise<readonly ChannelId[]> {
  const ids: ChannelId[] = []
  for await (const { id } of channels) ids.push(id)
  return ids
}

describe('the channels that a remote watcher guards', () => {
  it('come page by page, over lost connections and refusals that pass', async () => {
    await using s = script()
    const asking = listed(s.watcher.guardedChannels())
    const first = await s.greet()
    const { request } = await first.expect('listChannels')
    await first.reply(request, { type: 'channels', channels: [channel(1), channel(2)], more: true })
    expect(await first.expect('listChannels')).toMatchObject({ after: idOf(2) })
    s.cut()
    await s.clock.advance(200)
    const second = await s.greet()
    const again = await second.expect('listChannels')
    expect(again).toMatchObject({ after: idOf(2) })
    await second.reply(again.request, { type: 'failed', error: error('RATE_LIMITED', { retryAfterMs: 700 }) })
    await settle()
    await s.clock.advance(700)
    const last = await second.expect('listChannels')
    await second.reply(last.request, { type: 'channels', channels: [channel(3)], more: false })
    expect(await asking).toEqual([1, 2, 3].map(idOf))
  })

  it('are not asked for without end of a watcher that tells the same again and again', async () => {
    await using s = script()
    const asking = listed(s.watcher.guardedChannels())
    const peer = await s.greet()
    const { request } = await peer.expect('listChannels')
    await peer.reply(request, { type: 'channels', channels: [channel(1)], more: true })
    const again = await peer.expect('listChannels')
    await peer.reply(again.request, { type: 'channels', channels: [channel(1)], more: true })
    await settle()
    expect(s.watcher.status.lastError).toMatchObject({ code: 'PROTOCOL_VIOLATION' })
    await s.clock.advance(200)
    const next = await s.greet()
    const last = await next.expect('listChannels')
    await next.reply(last.request, { type: 'channels', channels: [], more: true })
    expect(await asking).toEqual([idOf(1)])
  })

  it('are asked for no longer than the signal allows', async () => {
    await using s = script()
    const caller = new AbortController()
    const asking = listed(s.watcher.guardedChannels({ signal: caller.signal }))
    caller.abort(new Error('no longer'))
    await expect(asking).rejects.toThrow('no longer')
  })
})
