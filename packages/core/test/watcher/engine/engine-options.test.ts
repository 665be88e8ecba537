import { describe, expect, it } from 'vitest'
import { localClient } from '../../../src/adapter.ts'
import { parseClientName, watcherEngine } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { type EngineOptions, engineSettings } from '../../../src/watcher/engine/engine-options.ts'
import { sentVersions } from '../../support/sent-versions.ts'
import { eagerClock, settle } from '../../support/setup.ts'
import { testStore } from '../../support/stores.ts'

const silence = { push() {}, end() {} }

async function start(options?: EngineOptions) {
  const [chain, store] = [modelChain(), testStore()]
  const engine = watcherEngine({ chain, store, clock: eagerClock, random: () => 0.5 }, options)
  await engine.start()
  return {
    chain,
    store,
    engine,
    async mine(calls: Parameters<typeof chain.mine>[0] = {}) {
      chain.mine(calls)
      await settle()
    },
    [Symbol.asyncDispose]: () => engine.shutdown({ signal: AbortSignal.abort() }).catch(() => {}),
  }
}

describe('the options of the engine', () => {
  it('have the defaults that are documented', () => {
    const sweep = { callsPerMinute: 60, shortestPeriodSeconds: 15 }
    const bytes = { stateCacheBytes: 8 * 1024 * 1024, historyBytes: 16 * 1024 * 1024 }
    const shortestChallengeDuration = 1n
    expect(engineSettings({})).toEqual({
      refuteDepth: 2n,
      mailboxLimit: 64,
      ...bytes,
      shortestChallengeDuration,
      fundedPercent: 100,
      sweep,
    })
    const absent = {
      refuteDepth: undefined,
      mailboxLimit: undefined,
      stateCacheBytes: undefined,
      historyBytes: undefined,
      shortestChallengeDuration: undefined,
      fundedPercent: undefined,
      sweep: { callsPerMinute: undefined, shortestPeriodSeconds: undefined },
    }
    expect(engineSettings(absent)).toEqual(engineSettings({}))
  })

  it('are taken as they are given, where they are possible', () => {
    const sweep = { callsPerMinute: 1, shortestPeriodSeconds: 1 }
    const limits = { mailboxLimit: 1, stateCacheBytes: 1, historyBytes: 1 }
    const given = { refuteDepth: 0n, ...limits, shortestChallengeDuration: 60n, fundedPercent: 0, sweep }
    expect(engineSettings(given)).toEqual(given)
    for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      const refused = expect.objectContaining({ code: 'OPTION_INVALID' })
      expect(() => engineSettings({ mailboxLimit: limit })).toThrow(refused)
      expect(() => engineSettings({ stateCacheBytes: limit })).toThrow(refused)
      expect(() => engineSettings({ historyBytes: limit })).toThrow(refused)
      expect(() => engineSettings({ sweep: { callsPerMinute: limit } })).toThrow(refused)
      expect(() => engineSettings({ sweep: { shortestPeriodSeconds: limit } })).toThrow(refused)
    }
    for (const fundedPercent of [-1, 0.5, 101, Number.NaN]) {
      expect(() => engineSettings({ fundedPercent })).toThrow(/fundedPercent/)
    }
  })

  it('by default answer a dispute two blocks after its own, where there is time', async () => {
    await using s = await start()
    const channel = testChannel()
    await s.engine.startWatching(channel.signed(2n), silence)
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.sent).toEqual([])
    await s.mine()
    expect(sentVersions(s.chain)).toEqual([[2n]])
  })

  it('by default keep 64 events for a client that is away', async () => {
    await using s = await start()
    const channel = testChannel()
    const watch = await s.engine.startWatching(channel.signed(200n), silence)
    watch.detach()
    for (let version = 1n; version <= 40n; version++)
      await s.mine({ calls: [registers(channel.signed(version))], withPending: false })
    await s.engine.shutdown({ signal: AbortSignal.abort() }).catch(() => {})
    expect((await s.store.mailbox(channel.id, localClient))?.events).toHaveLength(64)
  })

  it('have one client where nobody names another', async () => {
    await using s = await start()
    const channel = testChannel()
    await s.engine.startWatching(channel.signed(1n), silence)
    expect(s.engine.usage(localClient).channels).toBe(1)
    expect(s.engine.channel(channel.id)?.clients).toEqual([parseClientName('local')])
    await s.engine.stopWatching(channel.id)
    expect(s.engine.channel(channel.id)).toBeUndefined()
  })
})
