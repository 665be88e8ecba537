import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { AdjudicatorSubscription, Inclusion, RecordReading } from '../../../src/adapter.ts'
import { type ModelChain, modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { isPending, setup } from '../../support/setup.ts'

describe('a transaction', () => {
  it('that never comes back does not keep a dispute open which somebody else has ended', async () => {
    const chain = modelChain()
    let isGivenUp = false
    await using s = await setup({
      chain,
      chainOverrides: {
        register: (_, __, { signal }) =>
          new Promise((_, reject) => {
            signal?.addEventListener('abort', () => {
              isGivenUp = true
              reject(signal.reason)
            })
          }),
      },
    })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine({ calls: [registers(channel.signed(5n))] })
    const stopping = watch.stop()
    expect(await isPending(stopping)).toBe(true)
    for (let block = 0; block < 4; block++) await s.mine()
    await stopping
    expect(isGivenUp).toBe(true)
  })

  it('that is included in the moment in which it is given up is told', async () => {
    const chain = modelChain()
    let calls = 0
    // Told to give up, it looks once more, and there is a block with the transaction.
    const lastMoment = (...[channel, subChannels, { deadline, signal }]: Parameters<typeof chain.register>) => {
      signal?.addEventListener('abort', () => chain.mine())
      return chain.register(channel, subChannels, { deadline })
    }
    await using s = await setup({
      chain,
      chainOverrides: {
        register(channel, subChannels, options) {
          calls += 1
          return calls === 1 ? lastMoment(channel, subChannels, options) : chain.register(channel, subChannels, options)
        },
      },
    })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await watch.publish(channel.signed(6n))
    await s.mine({ withPending: false })
    await s.mine()
    await s.mine({ seconds: 300n })
    await s.mine()
    expect(watch.told.filter((event) => event.startsWith('refuted'))).toEqual(['refuted 5', 'refuted 6'])
  })

  it('that was included is not sent again while the stream has not told its block yet', async () => {
    const chain = modelChain()
    const subscribe: typeof chain.subscribe = (options): AdjudicatorSubscription => {
      const subscription = chain.subscribe(options)
      async function* late() {
        for await (const step of subscription) {
          for (let turn = 0; turn < 10; turn++) await setImmediate()
          yield step
        }
      }
      return { ...subscription, [Symbol.asyncIterator]: late }
    }
    await using s = await setup({ chain, chainOverrides: { subscribe } })
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    for (let block = 0; block < 3; block++) await s.mine()
    expect(chain.sent).toHaveLength(1)
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })

  describe('of which no log comes', () => {
    /** A node that keeps all logs of states from version 5 from us; their blocks it tells. */
    const withoutLogs = (chain: ModelChain): ModelChain['subscribe'] => {
      return (options): AdjudicatorSubscription => {
        const subscription = chain.subscribe(options)
        async function* silent() {
          for await (const step of subscription) {
            if (step.type === 'stalled') yield step
            else yield { ...step, added: step.added.filter(({ version }) => version < 5n) }
          }
        }
        return { ...subscription, [Symbol.asyncIterator]: silent }
      }
    }

    async function toldOf(changed: (inclusion: Inclusion) => Inclusion): Promise<readonly string[]> {
      const chain = modelChain()
      await using s = await setup({
        chain,
        chainOverrides: {
          subscribe: withoutLogs(chain),
          register: async (channel, subChannels, options) =>
            changed(await chain.register(channel, subChannels, options)),
        },
      })
      const channel = testChannel()
      const watch = await s.watch(channel.signed(5n))
      await s.mine({ calls: [registers(channel.signed(1n))] })
      for (let block = 0; block < 4; block++) await s.mine()
      expect(chain.dispute(channel.id)?.version).toBe(5n)
      return watch.told.filter((event) => event.startsWith('refuted'))
    }

    it('is told by its receipt', async () => {
      expect(await toldOf((inclusion) => inclusion)).toEqual(['refuted 5'])
    })

    it('is told once, by that one which made the record, though it was repeated before the record showed', async () => {
      const chain = modelChain()
      let old: RecordReading | undefined
      const isHidden = (): boolean => old !== undefined && chain.sent.length < 2
      await using s = await setup({
        chain,
        chainOverrides: {
          subscribe: withoutLogs(chain),
          readRecords: undefined,
          readRecord: async (id, options) =>
            isHidden() && old !== undefined ? old : await chain.readRecord(id, options),
        },
      })
      const channel = testChannel()
      const watch = await s.watch(channel.signed(5n))
      await s.mine({ calls: [registers(channel.signed(1n))] })
      old = await chain.readRecord(channel.id)
      for (let block = 0; block < 12; block++) await s.mine()
      expect(chain.sent.length).toBeGreaterThan(1)
      expect(watch.told.filter((event) => event.startsWith('refuted'))).toEqual(['refuted 5'])
    })

    it('is nobody knows whose without', async () => {
      expect(await toldOf(({ transactionHash, block }) => ({ transactionHash, block }))).toEqual([])
    })

    it('is not ours where its receipt says that it changed something else', async () => {
      const none = (inclusion: Inclusion): Inclusion => ({ ...inclusion, updates: [] })
      expect(await toldOf(none)).toEqual([])
      const older = (inclusion: Inclusion): Inclusion => ({
        ...inclusion,
        updates: inclusion.updates?.map((update) => ({ ...update, version: 4n })) ?? [],
      })
      expect(await toldOf(older)).toEqual([])
    })
  })

  it.each([1, 2, 3])('is told as a refutation though its receipt comes %d blocks late', async (blocks) => {
    const chain = modelChain()
    let giveReceipt: (() => void) | undefined
    await using s = await setup({
      chain,
      chainOverrides: {
        register: (channel, subChannels, { signal, ...options }) =>
          new Promise((resolve, reject) => {
            signal?.addEventListener('abort', () => reject(signal.reason))
            chain.register(channel, subChannels, options).then((inclusion) => {
              giveReceipt = () => resolve(inclusion)
            }, reject)
          }),
      },
    })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
    for (let block = 0; block < blocks; block++) await s.mine()
    giveReceipt?.()
    await s.mine()
    expect(watch.told).toContain('refuted 5')
    expect(chain.sent).toHaveLength(1)
  })

  it('gives way to a newer plan with the next block, and later ones have to wait longer', async () => {
    const chain = modelChain()
    const given: { readonly version: bigint; readonly block: bigint }[] = []
    await using s = await setup({
      chain,
      chainOverrides: {
        register: ({ state }, _, { signal }) => {
          given.push({ version: state.version, block: (chain.now - 1_000_000n) / 12n })
          return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
        },
      },
    })
    const channel = testChannel({ duration: 100_000n })
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    for (let version = 6n; version < 22n; version++) {
      await watch.publish(channel.signed(version))
      await s.mine()
    }
    const waits = given.slice(1).map(({ block }, at) => block - (given[at]?.block ?? 0n))
    expect(waits).toEqual([1n, 2n, 4n, 8n])
    expect(given.map(({ version }) => version)).toEqual([5n, 6n, 8n, 12n, 20n])
  })
})
