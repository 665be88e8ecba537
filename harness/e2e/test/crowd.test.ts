import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gatherCrowd } from '../src/crowd/crowd.ts'
import { memoryOf } from '../src/world/memory.ts'
import { startTestbed, type Testbed } from '../src/world/testbed.ts'

let testbed: Testbed
beforeAll(async () => {
  testbed = await startTestbed()
})
afterAll(() => testbed?.[Symbol.asyncDispose]())

const processes = 4
const membersEach = 250
const members = processes * membersEach

/** It takes some 350 MiB. */
const mostMiB = 600

describe('a thousand clients at once', { timeout: 600_000 }, () => {
  it('are all acknowledged by a daemon whose memory stays bounded, and defended when they are gone', async ({
    annotate,
  }) => {
    await using daemon = await testbed.startDaemon()
    const { chain, programs } = testbed
    using crowd = await gatherCrowd({ program: programs.crowd, daemon, chain, processes, membersEach, last: 3n })
    const before = await memoryOf(daemon.pid)
    expect(await crowd.all('come')).toEqual({ done: members, errors: [] })
    expect((await daemon.status()).clients).toEqual({ connected: members, connections: members, watches: members })
    expect(await crowd.all('publish')).toEqual({ done: members, errors: [] })
    const channels = await daemon.channels()
    expect(channels).toHaveLength(members)
    expect(channels.filter(({ version }) => version !== '3')).toEqual([])
    const after = await memoryOf(daemon.pid)
    await annotate(`memory of the daemon: ${before?.nowMiB} MiB before, at most ${after?.mostMiB} MiB`)
    expect(after?.mostMiB ?? 0).toBeLessThan(mostMiB)
    expect(await crowd.all('shutdown')).toEqual({ done: members, errors: [] })

    const [first, , third] = crowd.channels
    await first?.cheat(1n)
    await third?.cheat(2n)
    await first?.defended(3n)
    await third?.defended(3n)
  })
})
