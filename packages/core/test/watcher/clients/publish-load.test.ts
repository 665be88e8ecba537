import { describe, expect, it } from 'vitest'
import type { HeldState, SignedState } from '../../../src/index.ts'
import { testChannel } from '../../../src/testing/index.ts'
import { fakeBackend } from '../../support/fake-crypto.ts'
import { setup, stillClock } from '../../support/setup.ts'
import { hasNewest, testStore } from '../../support/stores.ts'

async function busySetup() {
  const store = testStore()
  const verified: bigint[] = []
  const verify = (signed: SignedState): Promise<HeldState> => {
    verified.push(signed.state.version)
    return fakeBackend.verify(signed)
  }
  const s = await setup({ store, clock: stillClock, chainOverrides: { verify } })
  const channel = testChannel()
  const watch = await s.watch(channel.signed(0n))
  verified.length = 0
  const written = (): number => store.commits.filter(hasNewest).length
  const newest = async (): Promise<bigint | undefined> => (await store.load(channel.id))?.newest.state.version
  return { s, store, channel, watch, verified, written, newest }
}

const upTo = (last: bigint): readonly bigint[] => Array.from({ length: Number(last) }, (_, at) => BigInt(at + 1))

describe('many states of one channel at once', () => {
  it('cost a few checks and writes, and all are acknowledged', async () => {
    const { s, channel, watch, verified, written, newest } = await busySetup()
    await using _ = s
    await Promise.all(upTo(100n).map((version) => watch.publish(channel.signed(version))))
    expect(verified.length).toBeLessThanOrEqual(3)
    expect(written()).toBeLessThanOrEqual(3)
    expect(await newest()).toBe(100n)
  })

  it('end with the newest, in whatever order they came', async () => {
    const { s, channel, watch, newest } = await busySetup()
    await using _ = s
    const order = [...upTo(40n)].sort((a, b) => Number(((a * 17n) % 41n) - ((b * 17n) % 41n)))
    await Promise.allSettled(order.map((version) => watch.publish(channel.signed(version))))
    expect(await newest()).toBe(40n)
  })

  it('are acknowledged only once they, or a newer one, are stored', async () => {
    const { s, store, channel, watch } = await busySetup()
    await using _ = s
    const publishing = upTo(30n).map(async (version) => {
      await watch.publish(channel.signed(version))
      const stored = store.commits.flat().findLast((change) => change.type === 'putNewest')
      expect(stored !== undefined && stored.held.state.version >= version).toBe(true)
    })
    await Promise.all(publishing)
  })

  it('survive an invalid newest one', async () => {
    const { s, channel, watch, newest } = await busySetup()
    await using _ = s
    const forged = { ...channel.signed(50n), sigs: [] }
    const results = await Promise.allSettled([
      watch.publish(channel.signed(1n)),
      ...[2n, 3n, 4n].map((version) => watch.publish(channel.signed(version))),
      watch.publish(forged),
    ])
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
    ])
    expect(await newest()).toBe(4n)
  })

  it('survive a crowd of invalid ones', async () => {
    const { s, channel, watch, newest } = await busySetup()
    await using _ = s
    const forged = upTo(30n).map((version) => watch.publish({ ...channel.signed(version + 100n), sigs: [] }))
    const valid = upTo(30n).map((version) => watch.publish(channel.signed(version)))
    const results = await Promise.allSettled(forged)
    expect(results.every(({ status }) => status === 'rejected')).toBe(true)
    await Promise.all(valid)
    expect(await newest()).toBe(30n)
  })

  it('do not acknowledge one of two states with the same version', async () => {
    const { s, channel, watch } = await busySetup()
    await using _ = s
    const results = await Promise.allSettled([
      watch.publish(channel.signed(1n)),
      watch.publish(channel.signed(5n)),
      watch.publish(channel.signed(5n, { isFinal: true })),
    ])
    expect(results[1]?.status).toBe('fulfilled')
    expect(results[2]).toMatchObject({ status: 'rejected', reason: { code: 'VERSION_CONFLICT' } })
  })

  it('do not hold up another channel', async () => {
    const { s, store, channel, watch } = await busySetup()
    await using _ = s
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    store.beforeCommit = (changes) =>
      changes.some((change) => change.type === 'putNewest' && change.id === channel.id) ? held : undefined
    const slow = watch.publish(channel.signed(7n))
    const other = testChannel()
    const quick = await s.watch(other.signed(0n))
    await quick.publish(other.signed(1n))
    release()
    await slow
  })

  it('are checked once each, also when they begin a watch anew', async () => {
    const { s, channel, verified, newest } = await busySetup()
    await using _ = s
    await s.watch(channel.signed(1n), undefined, 'another')
    expect(verified).toEqual([1n])
    expect(await newest()).toBe(1n)
  })
})
