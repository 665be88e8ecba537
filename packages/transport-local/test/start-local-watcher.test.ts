import { memoryStore } from '@perun-watcher/core'
import { modelChain, registers, testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import { eagerClock, settle } from '../../core/test/support/setup.ts'
import { startLocalWatcher } from '../src/index.ts'

const time = { clock: eagerClock, random: () => 0.5 }

describe('startLocalWatcher', () => {
  it('brings up a watcher, with the clock and the chance of the machine unless told otherwise', async () => {
    const chain = modelChain()
    await using watcher = await startLocalWatcher({ chain, store: memoryStore(), refuteDepth: 0n })
    const channel = testChannel()
    await watcher.startWatching(channel.signed(5n))
    chain.mine({ calls: [registers(channel.signed(1n))] })
    await settle()
    chain.mine()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('waits for as many confirmations as asked for', async () => {
    const chain = modelChain()
    await using watcher = await startLocalWatcher({ chain, store: memoryStore(), refuteDepth: 3n, ...time })
    const channel = testChannel({ duration: 3600n })
    await watcher.startWatching(channel.signed(5n))
    chain.mine({ calls: [registers(channel.signed(1n))] })
    for (let block = 0; block < 3; block++) {
      await settle()
      expect(chain.sent).toEqual([])
      chain.mine()
    }
    await settle()
    expect(chain.sent).toHaveLength(1)
    chain.mine()
    await settle()
  })

  it('resumes what a previous run left', async () => {
    const chain = modelChain()
    const store = memoryStore()
    const channel = testChannel()
    {
      await using watcher = await startLocalWatcher({ chain, store, ...time })
      await watcher.startWatching(channel.signed(5n))
    }
    chain.mine({ calls: [registers(channel.signed(1n))] })
    await using _ = await startLocalWatcher({ chain, store, refuteDepth: 0n, ...time })
    await settle()
    chain.mine()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
    await settle()
  })

  it('refuses a wrong option before it touches anything', async () => {
    const touched: string[] = []
    const chain = {
      ...modelChain(),
      async start() {
        touched.push('chain')
      },
    }
    const start = startLocalWatcher({ chain, store: memoryStore(), eventLimit: 0, ...time })
    await expect(start).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    expect(touched).toEqual([])
  })

  it('fails with what failed, and closes what it was given', async () => {
    const closed: string[] = []
    const reason = new Error('wrong chain')
    const chain = {
      ...modelChain(),
      start: async () => Promise.reject(reason),
      async close() {
        closed.push('chain')
      },
    }
    const store = {
      ...memoryStore(),
      async close() {
        closed.push('store')
      },
    }
    await expect(startLocalWatcher({ chain, store, ...time })).rejects.toBe(reason)
    expect(closed).toEqual(['chain', 'store'])
  })

  it('can be bounded', async () => {
    const reason = new Error('no time')
    const start = startLocalWatcher({
      chain: modelChain(),
      store: memoryStore(),
      signal: AbortSignal.abort(reason),
      ...time,
    })
    await expect(start).rejects.toBe(reason)
  })
})
