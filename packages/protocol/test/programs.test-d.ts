/** What programs write against the main entry, judged by the compiler. */
import type { SignedStateInput, Watcher, WatcherEngine } from '@perun-watcher/core'
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import {
  ed25519ReceiptIssuer,
  type MemoryTransport,
  type QuotaKeeper,
  quotaKeeper,
  type Receipt,
  type RemoteWatcher,
  type RemoteWatcherOptions,
  type RemoteWatcherStatus,
  remoteWatcher,
  type ServedEngine,
  type ServeOptions,
  serveWatcher,
  verifyReceipt,
  type WatcherServer,
} from '@perun-watcher/protocol'
import type { Connector } from '@perun-watcher/protocol/adapter'
import { assertType, describe, expectTypeOf, it } from 'vitest'

declare const connect: Connector
declare const engine: WatcherEngine
declare const transport: MemoryTransport
declare const opening: SignedStateInput

describe('remoteWatcher', () => {
  it('needs a connector, a clock and chance, and nothing else', () => {
    expectTypeOf(remoteWatcher({ connect, clock, random })).toEqualTypeOf<RemoteWatcher>()
    // @ts-expect-error without a connector
    remoteWatcher({ clock, random })
    // @ts-expect-error without a clock
    remoteWatcher({ connect, random })
    // @ts-expect-error without chance
    remoteWatcher({ connect, clock })
  })

  it('takes options that are left out or undefined, and none that it does not know', () => {
    remoteWatcher({ connect, clock, random, logger: undefined, ledgerId: undefined, reconnect: undefined })
    remoteWatcher({ connect, clock, random, reconnect: { firstDelayMs: 1_000 } })
    // @ts-expect-error a misspelt option
    remoteWatcher({ connect, clock, random, eventLimits: 10 })
    // @ts-expect-error a misspelt part of an option
    remoteWatcher({ connect, clock, random, reconnect: { firstDelay: 1_000 } })
    // @ts-expect-error counts are numbers, not bigints
    remoteWatcher({ connect, clock, random, pendingLimit: 10n })
  })

  it('asks for receipts only together with a place for them', () => {
    const kept: Receipt[] = []
    remoteWatcher({ connect, clock, random, receipts: { onReceipt: (receipt) => kept.push(receipt) } })
    // @ts-expect-error nobody keeps them
    remoteWatcher({ connect, clock, random, receipts: { key: new Uint8Array(32) } })
    expectTypeOf<Receipt['version']>().toEqualTypeOf<bigint>()
    expectTypeOf<Receipt['key']>().toEqualTypeOf<Uint8Array>()
  })

  it('is a watcher like any other, and can be asked how it fares', async () => {
    const watcher = remoteWatcher({ connect, clock, random })
    expectTypeOf(watcher).toExtend<Watcher>()
    const { statesPub } = await watcher.startWatching(opening, { parent: '0x00', signal: AbortSignal.timeout(1) })
    // A signed state is a transaction, too.
    await statesPub.publish(opening)
    expectTypeOf(watcher.status).toEqualTypeOf<RemoteWatcherStatus>()
    expectTypeOf<RemoteWatcherStatus['connection']>().toEqualTypeOf<'connecting' | 'connected' | 'closed'>()
    // @ts-expect-error read only
    watcher.status.watches = 1
    // @ts-expect-error an id in hexadecimal, with its prefix
    await watcher.stopWatching('00')
  })

  it('leaves its options as they are', () => {
    expectTypeOf<RemoteWatcherOptions>().toEqualTypeOf<Readonly<RemoteWatcherOptions>>()
  })
})

describe('serveWatcher', () => {
  const options: ServeOptions = { ledgerId: 'ledger:1', clock }

  it('serves an engine, or a quota keeper in front of one', () => {
    expectTypeOf(serveWatcher(engine, transport.accepted, options)).toEqualTypeOf<WatcherServer>()
    const keeper = quotaKeeper({ engine, clock, quotas: { each: { channels: 10 }, total: { clients: 5 } } })
    expectTypeOf(keeper).toEqualTypeOf<QuotaKeeper>()
    assertType<ServedEngine>(keeper)
    serveWatcher(keeper, transport.accepted, { ...options, admitConnection: keeper.admitConnection })
    // @ts-expect-error a remote watcher is no engine
    serveWatcher(remoteWatcher({ connect, clock, random }), transport.accepted, options)
  })

  it('needs the ledger and a clock, and knows its limits by name', () => {
    // @ts-expect-error without the ledger
    serveWatcher(engine, transport.accepted, { clock })
    // @ts-expect-error without a clock
    serveWatcher(engine, transport.accepted, { ledgerId: 'ledger:1' })
    serveWatcher(engine, transport.accepted, { ...options, limits: { eventWindow: 8 } })
    // @ts-expect-error a misspelt limit
    serveWatcher(engine, transport.accepted, { ...options, limits: { eventWindows: 8 } })
  })

  it('counts for metrics, and lets nobody else count', () => {
    const { stats } = serveWatcher(engine, transport.accepted, options)
    expectTypeOf(stats.refusals).toEqualTypeOf<ReadonlyMap<string, number>>()
    // @ts-expect-error read only
    stats.publishes = 1
  })
})

describe('receipts', () => {
  it('are issued with whole seconds and proved with 32 bytes', () => {
    const stateHash = (): never => {
      throw new Error('of the chain backend')
    }
    const issuer = ed25519ReceiptIssuer({
      seed: new Uint8Array(32),
      ledgerId: 'ledger:1',
      stateHash,
      secondsSince1970: () => 0,
    })
    serveWatcher(engine, transport.accepted, { ledgerId: 'ledger:1', clock, receipts: issuer })
    const receipt = { body: new Uint8Array(), signature: new Uint8Array(64) }
    expectTypeOf(verifyReceipt(receipt, issuer.publicKey).issuedAt).toEqualTypeOf<bigint>()
    // @ts-expect-error keys are bytes, not text
    verifyReceipt(receipt, '0x00')
  })
})
