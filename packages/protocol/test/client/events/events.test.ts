import type { AdjudicatorEvent, AdjudicatorEventsSub } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { fact } from '../../../../core/test/support/events.ts'
import { isPending } from '../../../../core/test/support/setup.ts'
import { settle } from '../../support/manual-clock.ts'
import { watching } from '../../support/watching.ts'

const event = (version: bigint): AdjudicatorEvent => fact('registered', version)

async function versionsOf(sub: AdjudicatorEventsSub, count: number): Promise<bigint[]> {
  const versions: bigint[] = []
  for (let read = 0; read < count; read++) {
    const next = await sub.next()
    if (next !== undefined && 'version' in next) versions.push(next.version)
  }
  return versions
}

describe('events from a remote watcher', () => {
  it('are acknowledged when the reader asks for the next one', async () => {
    await using s = await watching()
    const { watch } = s.start
    for (const sequence of [1n, 3n])
      await s.peer.send({ type: 'event', ledgerId: 'test:1', watch, sequence, event: event(sequence) })
    expect(await versionsOf(s.watch.eventsSub, 1)).toEqual([1n])
    expect(await s.peer.rest()).toEqual([])
    expect(await versionsOf(s.watch.eventsSub, 1)).toEqual([3n])
    expect(await s.peer.rest()).toEqual([{ type: 'acknowledge', watch, sequence: 1n }])
    expect(await isPending(s.watch.eventsSub.next())).toBe(true)
    expect(await s.peer.rest()).toEqual([{ type: 'acknowledge', watch, sequence: 3n }])
  })

  it('of another ledger than the one of the welcome end the connection', async () => {
    await using s = await watching()
    const { watch } = s.start
    await s.peer.send({ type: 'event', ledgerId: 'test:2', watch, sequence: 1n, event: event(1n) })
    await settle()
    expect(String(s.script.watcher.status.lastError)).toContain('test:2')
    expect(await isPending(s.watch.eventsSub.next())).toBe(true)
  })

  it('are told to the reader once, though the watcher tells them again after a reconnect', async () => {
    await using s = await watching()
    const { watch } = s.start
    for (const sequence of [1n, 2n, 3n])
      await s.peer.send({ type: 'event', ledgerId: 'test:1', watch, sequence, event: event(sequence) })
    expect(await versionsOf(s.watch.eventsSub, 2)).toEqual([1n, 2n])
    s.script.cut()
    await s.script.clock.advance(200)
    const peer = await s.resume(0n)
    const again = peer.start.watch
    await peer.send({ type: 'event', ledgerId: 'test:1', watch: again, sequence: 1n, event: event(1n) })
    // Handled already: acknowledged at once.
    expect(await peer.rest()).toEqual([{ type: 'acknowledge', watch: again, sequence: 1n }])
    for (const sequence of [2n, 3n, 4n]) {
      await peer.send({ type: 'event', ledgerId: 'test:1', watch: again, sequence, event: event(sequence) })
    }
    expect(await peer.rest()).toEqual([])
    expect(await versionsOf(s.watch.eventsSub, 2)).toEqual([3n, 4n])
    // Asking for 3 said that 2 is handled, asking for 4 that 3 is.
    expect((await peer.rest()).at(-1)).toEqual({ type: 'acknowledge', watch: again, sequence: 3n })
  })

  it('are not taken for one another because of their sequence: after a crash the watcher may give it to another', async () => {
    await using s = await watching()
    await s.peer.send({ type: 'event', ledgerId: 'test:1', watch: s.start.watch, sequence: 1n, event: event(1n) })
    expect(await versionsOf(s.watch.eventsSub, 1)).toEqual([1n])
    s.script.cut()
    await s.script.clock.advance(200)
    const peer = await s.resume(0n)
    await peer.send({ type: 'event', ledgerId: 'test:1', watch: peer.start.watch, sequence: 1n, event: event(8n) })
    await settle()
    expect(await versionsOf(s.watch.eventsSub, 1)).toEqual([8n])
    // What was handled came in another watch under this sequence: 8 is not handled yet.
    expect(await peer.rest()).toEqual([])
  })

  it('of a watch that is over are nobody’s business', async () => {
    await using s = await watching()
    await s.peer.send({ type: 'event', ledgerId: 'test:1', watch: 77, sequence: 1n, event: event(1n) })
    expect(await isPending(s.watch.eventsSub.next())).toBe(true)
    expect(s.script.watcher.status.connection).toBe('connected')
  })

  it('that make a newer state known are remembered for the next connection', async () => {
    await using s = await watching()
    const transaction = s.channel.signed(5n)
    await s.peer.send({
      type: 'event',
      ledgerId: 'test:1',
      watch: s.start.watch,
      sequence: 1n,
      event: { type: 'learned', channelId: s.channel.id, version: 5n, transaction },
    })
    await settle()
    s.script.cut()
    await s.script.clock.advance(200)
    await s.resume(5n)
  })

  it('give way to newer ones where the reader is slow, and the watcher hears of the last one handled', async () => {
    await using s = await watching({ eventLimit: 2 })
    const { watch } = s.start
    for (const sequence of [1n, 2n, 3n, 4n]) {
      await s.peer.send({ type: 'event', ledgerId: 'test:1', watch, sequence, event: event(sequence) })
    }
    await settle()
    expect(await versionsOf(s.watch.eventsSub, 2)).toEqual([3n, 4n])
    expect(await isPending(s.watch.eventsSub.next())).toBe(true)
    expect((await s.peer.rest()).at(-1)).toEqual({ type: 'acknowledge', watch, sequence: 4n })
  })
})
