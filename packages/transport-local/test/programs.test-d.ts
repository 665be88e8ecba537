/** What programs write, judged by the compiler. */
import type { Watcher, WatcherEngine } from '@perun-watcher/core'
import { memoryStore } from '@perun-watcher/core'
import type { RegistererSubscriber } from '@perun-watcher/core/adapter'
import { systemClock as clock } from '@perun-watcher/core/system'
import { localWatcher, type StartLocalWatcherOptions, startLocalWatcher } from '@perun-watcher/transport-local'
import { describe, expectTypeOf, it } from 'vitest'

declare const chain: RegistererSubscriber
declare const engine: WatcherEngine
const store = memoryStore()

describe('startLocalWatcher', () => {
  it('needs a chain and a store, and has the clock and the chance of the machine', async () => {
    expectTypeOf(startLocalWatcher({ chain, store })).resolves.toEqualTypeOf<Watcher>()
    await startLocalWatcher({ chain, store, clock, random: () => 0.5, signal: AbortSignal.timeout(1) })
    // @ts-expect-error without a store
    await startLocalWatcher({ chain })
    // @ts-expect-error without a chain
    await startLocalWatcher({ store })
  })

  it('takes the options of the engine and of the client beside each other', async () => {
    await startLocalWatcher({ chain, store, refuteDepth: 2n, eventLimit: 16, client: 'app-1' })
    // @ts-expect-error depths are bigints
    await startLocalWatcher({ chain, store, refuteDepth: 2 })
    // @ts-expect-error counts are numbers
    await startLocalWatcher({ chain, store, eventLimit: 16n })
    // @ts-expect-error a misspelt option
    await startLocalWatcher({ chain, store, eventLimits: 16 })
    expectTypeOf<StartLocalWatcherOptions>().toEqualTypeOf<Readonly<StartLocalWatcherOptions>>()
  })
})

describe('localWatcher', () => {
  it('needs an engine only', () => {
    expectTypeOf(localWatcher(engine)).toEqualTypeOf<Watcher>()
    localWatcher(engine, { client: undefined, eventLimit: undefined })
    // @ts-expect-error a watcher is no engine
    localWatcher(localWatcher(engine))
  })
})
