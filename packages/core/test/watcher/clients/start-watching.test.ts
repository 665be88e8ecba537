import { describe, expect, it } from 'vitest'
import { memoryStore, parseClientName, type SignedState } from '../../../src/index.ts'
import { modelChain, registers, type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { channelIdOf, signedBy } from '../../support/fake-crypto.ts'
import { settle, setup } from '../../support/setup.ts'

const sink = { push() {}, end() {} }

/** The channel with other parameters, signed by whoever takes part. */
function changed(channel: TestChannel, params: Partial<SignedState['params']>): SignedState {
  const all = { ...channel.params, ...params }
  return signedBy(all, { ...channel.signed(1n).state, channelId: channelIdOf(all) })
}

describe('starting to watch', () => {
  it('refuses what cannot be defended, with a code, and keeps nothing of it', async () => {
    await using s = await setup()
    const channel = testChannel()
    const valid = channel.signed(1n)
    const stranger = { ...valid.params, nonce: 999_999n }
    const refused: readonly (readonly [SignedState, string])[] = [
      [{ ...valid, sigs: [] }, 'SIGNATURE_COUNT'],
      [{ ...valid, sigs: [...valid.sigs].reverse() }, 'SIGNATURE_INVALID'],
      [{ ...valid, params: stranger }, 'CHANNEL_ID_MISMATCH'],
      [changed(channel, { challengeDuration: 0n }), 'CHALLENGE_DURATION_OUT_OF_RANGE'],
      [changed(channel, { challengeDuration: 2n ** 64n - 1n }), 'CHALLENGE_DURATION_OUT_OF_RANGE'],
      [changed(channel, { participants: channel.params.participants.slice(1) }), 'STATE_DIMENSIONS'],
    ]
    for (const [signed, code] of refused) {
      await expect(s.watch(signed)).rejects.toMatchObject({ code })
      expect(await s.store.load(signed.state.channelId)).toBeUndefined()
    }
    const watch = await s.watch(valid)
    expect(watch.channelId).toBe(channel.id)
  })

  it('refuses a window that is shorter than the operator takes, unless the channel is guarded already', async () => {
    const store = memoryStore()
    const [known, ledgerChannel] = [testChannel(), testChannel()]
    {
      await using s = await setup({ store })
      await s.watch(known.signed(1n))
      await s.engine.shutdown()
    }
    const shortest = known.params.challengeDuration + 1n
    await using s = await setup({ store, shortestChallengeDuration: shortest })
    await expect(s.watch(ledgerChannel.signed(1n))).rejects.toMatchObject({ code: 'CHALLENGE_DURATION_OUT_OF_RANGE' })
    expect(await s.store.load(ledgerChannel.id)).toBeUndefined()
    // What was accepted is kept, also for a client that comes later.
    const again = await s.watch(known.signed(2n))
    await again.publish(known.signed(3n))
    await s.watch(known.signed(3n), undefined, 'another')
    const long = changed(ledgerChannel, { challengeDuration: shortest })
    expect((await s.watch(long)).channelId).toBe(long.state.channelId)
  })

  it.each([0n, -1n])('takes no shortest window of %d seconds', async (shortestChallengeDuration) => {
    await expect(setup({ shortestChallengeDuration })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it('does nothing under an aborted signal', async () => {
    await using s = await setup()
    const channel = testChannel()
    const reason = new Error('no time')
    const start = s.engine.startWatching(channel.signed(1n), sink, { signal: AbortSignal.abort(reason) })
    await expect(start).rejects.toBe(reason)
    expect(await s.store.load(channel.id)).toBeUndefined()
  })

  it('guards the channel even if the ledger does not answer, and looks again', async () => {
    await using s = await setup()
    const channel = testChannel()
    await s.mine({ calls: [registers(channel.signed(1n))] })
    let asked = 0
    s.chain.faults.readRecord = () => {
      asked += 1
      if (asked < 4) throw new Error('connection refused')
    }
    await s.watch(channel.signed(3n))
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(3n)
  })

  it('can be bounded by a signal while the ledger hangs, and still guards the channel', async () => {
    let hangs = true
    const chain = modelChain()
    await using s = await setup({
      chain,
      chainOverrides: {
        readRecord: (id, { signal } = {}) =>
          hangs
            ? new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
            : chain.readRecord(id),
      },
    })
    const channel = testChannel()
    const controller = new AbortController()
    const starting = s.engine.startWatching(channel.signed(3n), sink, { signal: controller.signal })
    await settle()
    controller.abort()
    await starting
    hangs = false
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(3n)
  })

  describe('again', () => {
    it('with the same or a newer state gives fresh handles and keeps the protection', async () => {
      await using s = await setup()
      const channel = testChannel()
      const before = await s.watch(channel.signed(1n))
      await before.publish(channel.signed(3n))
      const again = await s.watch(channel.signed(3n))
      const newer = await s.watch(channel.signed(4n))
      await newer.publish(channel.signed(5n))
      await again.publish(channel.signed(6n))
      await s.mine({ calls: [registers(channel.signed(4n))] })
      await s.mine()
      expect(s.chain.dispute(channel.id)?.version).toBe(6n)
      for (const watch of [before, again, newer]) expect(watch.told).toContain('refuted 6')
    })

    it('with an older or a conflicting state is refused, and the newest stays', async () => {
      await using s = await setup()
      const channel = testChannel()
      const watch = await s.watch(channel.signed(5n))
      await expect(s.watch(channel.signed(4n))).rejects.toMatchObject({ code: 'VERSION_STALE' })
      const other = channel.signed(5n, { isFinal: true })
      await expect(s.watch(other)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
      await s.mine({ calls: [registers(channel.signed(4n))] })
      await s.mine()
      expect(s.chain.dispute(channel.id)?.version).toBe(5n)
      expect(watch.told).toContain('refuted 5')
    })

    it('with an older state is fine for a registered client that asks for it, and nobody else', async () => {
      await using s = await setup()
      const channel = testChannel()
      const device = parseClientName('device')
      const stranger = parseClientName('stranger')
      await s.engine.startWatching(channel.signed(1n), sink, { client: device })
      await s.watch(channel.signed(5n), undefined, 'other')
      const older = channel.signed(2n)
      const returning = { client: device, acceptOlder: true }
      const watch = await s.engine.startWatching(older, { ...sink }, returning)
      expect(s.engine.channel(channel.id)?.version).toBe(5n)
      await watch.publish(channel.signed(6n))
      const refused = s.engine.startWatching(older, { ...sink }, { client: stranger, acceptOlder: true })
      await expect(refused).rejects.toMatchObject({ code: 'VERSION_STALE' })
      const forged = { ...older, sigs: [...older.sigs].reverse() }
      const wrong = s.engine.startWatching(forged, { ...sink }, returning)
      await expect(wrong).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
      const conflict = s.engine.startWatching(channel.signed(6n, { isFinal: true }), { ...sink }, returning)
      await expect(conflict).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
    })

    it('tells the newcomer what stands, and what is in danger', async () => {
      await using s = await setup()
      const channel = testChannel()
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.mine({ seconds: 700n })
      const before = await s.watch(channel.signed(4n), undefined, 'alice')
      await settle()
      const again = await s.watch(channel.signed(4n), undefined, 'bob')
      await settle()
      expect(again.told).toEqual(['registered 1', 'endangered too-late'])
      expect(new Set(before.told)).toEqual(new Set(again.told))
    })

    it('after a stop begins anew', async () => {
      await using s = await setup()
      const channel = testChannel()
      const before = await s.watch(channel.signed(5n))
      await before.stop()
      const again = await s.watch(channel.signed(2n))
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.mine()
      expect(s.chain.dispute(channel.id)?.version).toBe(2n)
      expect(before.told).toEqual([])
      expect(again.told).toContain('refuted 2')
    })
  })

  describe('for two clients', () => {
    it('takes newer states from either and tells both', async () => {
      await using s = await setup()
      const channel = testChannel()
      const one = await s.watch(channel.signed(1n), undefined, 'alice')
      const two = await s.watch(channel.signed(1n), undefined, 'bob')
      await one.publish(channel.signed(2n))
      await two.publish(channel.signed(3n))
      await expect(one.publish(channel.signed(2n))).rejects.toMatchObject({ code: 'VERSION_STALE' })
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.mine()
      expect(one.told).toEqual(['registered 1', 'registered 3', 'refuted 3'])
      expect(two.told).toEqual(one.told)
    })

    it('goes on for one when the other stops', async () => {
      await using s = await setup()
      const channel = testChannel()
      const one = await s.watch(channel.signed(1n), undefined, 'alice')
      const two = await s.watch(channel.signed(2n), undefined, 'bob')
      await one.stop()
      await expect(one.publish(channel.signed(3n))).rejects.toMatchObject({ code: 'WATCH_ENDED' })
      expect(one.end).toEqual({ error: undefined })
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.mine()
      expect(s.chain.dispute(channel.id)?.version).toBe(2n)
      expect(one.told).toEqual([])
      expect(two.told).toContain('refuted 2')
    })
  })
})
