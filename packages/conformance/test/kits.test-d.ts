/** What authors of adapters write, judged by the compiler. */
import nodeTest from 'node:test'
import { type ChainPlace, chainKit } from '@perun-watcher/conformance/chain'
import { type StorePlace, storeKit } from '@perun-watcher/conformance/store'
import { type TransportPlace, transportKit } from '@perun-watcher/conformance/transport'
import { type WatcherPlace, watcherKit } from '@perun-watcher/conformance/watcher'
import { describe, expectTypeOf, it } from 'vitest'

declare const chainPlace: () => Promise<ChainPlace>
declare const storePlace: () => StorePlace
declare const transportPlace: () => Promise<TransportPlace>
declare const watcherPlace: () => WatcherPlace

const store = { name: 'my store', capabilities: { durable: true }, place: storePlace }
const transport = { name: 'my transport', place: transportPlace, maxMessageBytes: 262_144 }
const watcher = { name: 'my watcher', place: watcherPlace, ownsEngine: false }

describe('the kits', () => {
  it('take the runner of vitest or of Node', () => {
    storeKit({ describe, it, ...store })
    storeKit({ describe: nodeTest.describe, it: nodeTest.it, ...store })
    // @ts-expect-error without a runner
    storeKit(store)
    // @ts-expect-error without a way to skip
    storeKit({ describe, it: (_name: string, _body: () => Promise<void>) => {}, ...store })
  })

  it('must know where a backend is tried', () => {
    chainKit({ describe, it, name: 'my backend', place: chainPlace, canReorg: true })
    // @ts-expect-error without the place where backends are made there is nothing to test
    chainKit({ describe, it, name: 'my backend' })
  })

  it('must know what a store promises', () => {
    // @ts-expect-error does it survive a crash?
    storeKit({ describe, it, name: 'my store', place: storePlace })
    storeKit({ describe, it, ...store, canDamage: true, child: { command: 'node', args: ['child.js'] } })
    // @ts-expect-error a program is a command and its arguments
    storeKit({ describe, it, ...store, child: 'node child.js' })
  })

  it('must know the longest message of a transport', () => {
    transportKit({ describe, it, ...transport, patienceMs: undefined, canCut: true })
    // @ts-expect-error how long may a message be?
    transportKit({ describe, it, name: 'my transport', place: transportPlace })
  })

  it('must know whose engine a watcher has', () => {
    watcherKit({ describe, it, ...watcher })
    // @ts-expect-error does a shutdown end the engine?
    watcherKit({ describe, it, name: 'my watcher', place: watcherPlace })
  })

  it('return nothing: the runner has the tests', () => {
    expectTypeOf(chainKit).returns.toEqualTypeOf<void>()
    expectTypeOf(storeKit).returns.toEqualTypeOf<void>()
    expectTypeOf(transportKit).returns.toEqualTypeOf<void>()
    expectTypeOf(watcherKit).returns.toEqualTypeOf<void>()
  })
})
