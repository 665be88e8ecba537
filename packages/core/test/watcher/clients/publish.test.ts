import { describe, expect, it } from 'vitest'
import {
  type HeldState,
  memoryStore,
  parseTransaction,
  type Signature,
  type SignedState,
  WatcherError,
} from '../../../src/index.ts'
import { registers, testChannel } from '../../../src/testing/index.ts'
import { fakeBackend, sign, signedBy } from '../../support/fake-crypto.ts'
import { type Setup, settle, setup, stillClock, type Watched } from '../../support/setup.ts'

const channel = testChannel()
const wrong: Signature = sign('0x5e', channel.signed(9n).state)

function changedFunds({ params, state }: SignedState, row: readonly bigint[]): SignedState {
  return signedBy(params, { ...state, outcome: { ...state.outcome, balances: [row] } })
}

/** What was held before is still what the watcher defends. */
async function stillDefends(s: Setup, version: bigint): Promise<void> {
  await s.mine({ calls: [registers(channel.signed(1n))] })
  await s.mine()
  expect(s.chain.dispute(channel.id)?.version).toBe(version)
}

async function watching(s: Setup, held: SignedState): Promise<Watched> {
  const watch = await s.watch(channel.signed(1n))
  await watch.publish(held)
  return watch
}

describe('a published state that is refused', () => {
  const next = channel.signed(6n)
  const other = testChannel()
  const refused: readonly (readonly [string, unknown, string])[] = [
    ['is not a state', { state: { version: 7n }, sigs: [] }, 'STATE_MALFORMED'],
    ['lacks a signature', { ...next, sigs: next.sigs.slice(1) }, 'SIGNATURE_COUNT'],
    ['has one signature too many', { ...next, sigs: [...next.sigs, wrong] }, 'SIGNATURE_COUNT'],
    ['is signed by somebody else', { ...next, sigs: [wrong, ...next.sigs.slice(1)] }, 'SIGNATURE_INVALID'],
    ['is signed in another order', { ...next, sigs: [...next.sigs].reverse() }, 'SIGNATURE_INVALID'],
    ['was changed after the signing', { ...next, state: { ...next.state, version: 7n } }, 'SIGNATURE_INVALID'],
    ['is older', channel.signed(4n), 'VERSION_STALE'],
    ['is another one of the same version', channel.signed(5n, { isFinal: true }), 'VERSION_CONFLICT'],
    ['distributes more than the channel has', changedFunds(channel.signed(6n), [1n, 1000n]), 'FUNDS_CHANGED'],
    ['distributes less than the channel has', changedFunds(channel.signed(6n), [1n, 1n]), 'FUNDS_CHANGED'],
    ['belongs to another channel', other.signed(6n), 'CHANNEL_ID_MISMATCH'],
    [
      'has the wrong shape',
      { ...next, state: { ...next.state, outcome: { ...next.state.outcome, backends: [] } } },
      'STATE_DIMENSIONS',
    ],
  ]

  for (const [why, transaction, code] of refused) {
    it(`because it ${why} says ${code} and leaves what was held`, async () => {
      await using s = await setup()
      const watch = await watching(s, channel.signed(5n))
      // Clients hand in anything; the compiler guards only honest ones.
      const publish = async (input: unknown): Promise<void> => Reflect.apply(watch.publish, watch, [input])
      await expect(publish(transaction)).rejects.toMatchObject({ code })
      await stillDefends(s, 5n)
    })
  }

  it('is refused as well when it was parsed before', async () => {
    await using s = await setup()
    const watch = await watching(s, channel.signed(5n))
    const parsed = refused.filter(([, , code]) => code !== 'STATE_MALFORMED')
    for (const [, transaction, code] of parsed) {
      await expect(watch.publishParsed(parseTransaction(transaction))).rejects.toMatchObject({ code })
    }
    expect(s.engine.channel(channel.id)?.version).toBe(5n)
    await watch.publishParsed(parseTransaction(next))
    await stillDefends(s, 6n)
    await watch.stop()
    await expect(watch.publishParsed(parseTransaction(next))).rejects.toMatchObject({ code: 'WATCH_ENDED' })
  })

  it('because it follows a final one says STATE_AFTER_FINAL and leaves the final one', async () => {
    await using s = await setup()
    const watch = await watching(s, channel.signed(5n, { isFinal: true }))
    await expect(watch.publish(channel.signed(6n))).rejects.toMatchObject({ code: 'STATE_AFTER_FINAL' })
    await stillDefends(s, 5n)
  })

  it('does not keep a valid one from being taken afterwards', async () => {
    await using s = await setup()
    const watch = await watching(s, channel.signed(5n))
    await expect(watch.publish({ ...next, sigs: [] })).rejects.toMatchObject({ code: 'SIGNATURE_COUNT' })
    await watch.publish(next)
    await stillDefends(s, 6n)
  })
})

describe('a published state', () => {
  it('is taken silently a second time, and again after newer ones only with an error', async () => {
    await using s = await setup()
    const watch = await watching(s, channel.signed(5n))
    await watch.publish(channel.signed(5n))
    await watch.publish(channel.signed(6n))
    await expect(watch.publish(channel.signed(5n))).rejects.toMatchObject({ code: 'VERSION_STALE' })
  })

  it('may skip versions', async () => {
    await using s = await setup()
    await watching(s, channel.signed(5n))
    await stillDefends(s, 5n)
  })

  it('is copied: what its sender does to it later changes nothing', async () => {
    await using s = await setup()
    const watch = await s.watch(channel.signed(1n))
    const { state, sigs } = structuredClone(channel.signed(5n))
    const mine = { state, sigs: [...sigs] }
    await watch.publish(mine)
    mine.sigs.length = 0
    Object.assign(mine.state, { version: 0n })
    await stillDefends(s, 5n)
  })

  it('is stored before it is acknowledged', async () => {
    await using s = await setup()
    const watch = await watching(s, channel.signed(5n))
    await watch.publish(channel.signed(6n))
    expect((await s.store.load(channel.id))?.newest.state.version).toBe(6n)
  })

  it('is stored with the signatures as the ledger takes them', async () => {
    const verify = (signed: SignedState): Promise<HeldState> => {
      const exact = { ...signed, sigs: channel.signed(signed.state.version).sigs }
      return fakeBackend.verify(exact)
    }
    await using s = await setup({ chainOverrides: { verify } })
    const watch = await s.watch(channel.signed(1n))
    await watch.publish({ state: channel.signed(5n).state, sigs: ['0x01', '0x02'] })
    expect((await s.store.load(channel.id))?.newest.sigs).toEqual(channel.signed(5n).sigs)
  })

  it('is not waited for once its signal aborts, and the channel goes on', async () => {
    const inner = memoryStore()
    let release = (): void => {}
    let isHeld = false
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const store = {
      ...inner,
      load: async (...args: Parameters<typeof inner.load>) => {
        if (isHeld) await held
        return inner.load(...args)
      },
    }
    await using s = await setup({ store, clock: stillClock, stateCacheBytes: 1 })
    const watch = await s.watch(channel.signed(1n))
    isHeld = true
    const reason = new Error('no time')
    const controller = new AbortController()
    const busy = watch.publish(channel.signed(2n))
    await settle()
    const aborted = watch.publish(channel.signed(3n), { signal: controller.signal })
    await expect(watch.publish(channel.signed(4n), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    controller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    release()
    isHeld = false
    await busy
    await settle()
    expect((await s.store.load(channel.id))?.newest.state.version).toBe(2n)
    await watch.publish(channel.signed(5n))
    await settle()
    expect((await s.store.load(channel.id))?.newest.state.version).toBe(5n)
  })

  it('is refused by a watch that was stopped', async () => {
    await using s = await setup()
    const watch = await s.watch(channel.signed(1n))
    await watch.stop()
    const refusal = watch.publish(channel.signed(2n))
    await expect(refusal).rejects.toBeInstanceOf(WatcherError)
    await expect(refusal).rejects.toMatchObject({ code: 'WATCH_ENDED' })
  })
})
