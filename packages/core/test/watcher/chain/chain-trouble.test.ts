import { describe, expect, it } from 'vitest'
import type { AdjudicatorSubscription, BlockStep, ChainStep, RecordReading } from '../../../src/adapter.ts'
import { type ModelChain, modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { settle, setup } from '../../support/setup.ts'

/** The chain's stream with its steps changed; a function that throws breaks the stream. */
function changing(chain: ModelChain, change: (step: BlockStep) => readonly ChainStep[]): Parameters<typeof setup>[0] {
  const subscribe: ModelChain['subscribe'] = (options): AdjudicatorSubscription => {
    const subscription = chain.subscribe(options)
    async function* steps(): AsyncGenerator<ChainStep> {
      for await (const step of subscription) yield* step.type === 'block' ? change(step) : [step]
    }
    return { ...subscription, [Symbol.asyncIterator]: steps }
  }
  return { chain, chainOverrides: { subscribe } }
}

/** Readings that are answered at once but arrive only when the test lets them. */
function heldReadings(chain: ModelChain) {
  let gate: Promise<void> | undefined
  let open = (): void => {}
  return {
    readRecord: async (id: Parameters<ModelChain['readRecord']>[0]): Promise<RecordReading> => {
      const reading = await chain.readRecord(id)
      await gate
      return reading
    },
    hold(): void {
      gate = new Promise((resolve) => {
        open = resolve
      })
    },
    release(): void {
      gate = undefined
      open()
    },
  }
}

describe('a gap in the history', () => {
  it('makes the watcher read every record again: no lost log blinds it', async () => {
    const chain = modelChain()
    let isLossy = false
    await using s = await setup(changing(chain, (step) => [isLossy ? { ...step, added: [], gap: true } : step]))
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    isLossy = true
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
    expect(watch.told).toContain('registered 1')
  })
})

describe('a log that cannot be told', () => {
  it('makes the watcher read the record of its channel', async () => {
    const chain = modelChain()
    const channel = testChannel()
    await using s = await setup(
      changing(chain, (step) => [{ ...step, added: [], doubtful: step.added.map(({ channelId }) => channelId) }]),
    )
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
    expect(watch.told).toContain('registered 1')
  })
})

describe('a stream', () => {
  it('that breaks is opened again, and nothing in between is lost', async () => {
    const chain = modelChain()
    let breaks = 0
    await using s = await setup(
      changing(chain, (step) => {
        if (step.added.length > 0 && breaks++ < 5) throw new Error('connection reset')
        return [step]
      }),
    )
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(breaks).toBeGreaterThan(4)
    expect(chain.dispute(channel.id)?.version).toBe(5n)
    expect(watch.told).toContain('refuted 5')
  })

  it('that breaks is closed before another is opened: the backend keeps none for nobody', async () => {
    const chain = modelChain()
    const openAtOnce: number[] = []
    let open = 0
    const subscribe: ModelChain['subscribe'] = (options) => {
      open += 1
      openAtOnce.push(open)
      const subscription = chain.subscribe(options)
      async function* steps(): AsyncGenerator<ChainStep> {
        for await (const step of subscription) {
          yield step
          throw new Error('connection reset')
        }
      }
      async function close(): Promise<void> {
        open -= 1
        await subscription.close()
      }
      return { [Symbol.asyncIterator]: steps, close, [Symbol.asyncDispose]: close }
    }
    await using s = await setup({ chain, chainOverrides: { subscribe } })
    await s.mine()
    expect(openAtOnce.length).toBeGreaterThan(2)
    expect(new Set(openAtOnce)).toEqual(new Set([1]))
  })

  it('that ends by itself is opened again', async () => {
    const chain = modelChain()
    let opened = 0
    const subscribe: ModelChain['subscribe'] = (options) => {
      opened += 1
      const subscription = chain.subscribe(options)
      async function* one(): AsyncGenerator<ChainStep> {
        for await (const step of subscription) {
          yield step
          return
        }
      }
      return opened % 2 === 0 ? { ...subscription, [Symbol.asyncIterator]: one } : subscription
    }
    await using s = await setup({ chain, chainOverrides: { subscribe } })
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('that stalls is waited for', async () => {
    const chain = modelChain()
    await using s = await setup(changing(chain, (step) => [{ type: 'stalled', cause: new Error('429') }, step]))
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('that stalls while a dispute is open is told to those who are in it, and to nobody else', async () => {
    const chain = modelChain()
    let isDark = false
    await using s = await setup(
      changing(chain, (step) => (isDark ? [{ type: 'stalled', cause: new Error('429 too many requests') }] : [step])),
    )
    const [disputed, quiet] = [testChannel(), testChannel()]
    const watch = await s.watch(disputed.signed(5n))
    const other = await s.watch(quiet.signed(5n))
    await s.mine({ calls: [registers(disputed.signed(1n))] })
    isDark = true
    await s.mine({ withPending: false })
    expect(watch.told).toEqual(['registered 1', 'endangered unreachable'])
    expect(watch.events.at(-1)).toMatchObject({ detail: expect.stringContaining('429') })
    expect(other.told).toEqual([])
  })

  it('that was broken while a reorg happened does not leave facts behind that are told as final', async () => {
    const chain = modelChain({ finalityDepth: 3n })
    let isBroken = false
    await using s = await setup(
      changing(chain, (step) => {
        if (isBroken) throw new Error('connection reset')
        return [step]
      }),
    )
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    isBroken = true
    await s.reorg(1)
    isBroken = false
    for (let block = 0; block < 6; block++) await s.mine()
    expect(watch.told).toEqual(['registered 1', 'removed registered 1'])
  })
})

describe('a reorg', () => {
  it('of a record that was only ever read is noticed', async () => {
    await using s = await setup()
    const channel = testChannel()
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine({ calls: [registers(channel.signed(5n))] })
    const watch = await s.watch(channel.signed(5n))
    expect(watch.told).toEqual(['registered 5'])
    await s.reorg(1)
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    expect(s.chain.sent).toHaveLength(1)
  })

  it('to a chain that holds an older state again is answered even if that was registered before we watched', async () => {
    await using s = await setup()
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    s.chain.mine({ calls: [registers(channel.signed(1n))] })
    s.chain.mine({ calls: [registers(channel.signed(3n))] })
    s.chain.mine({ calls: [registers(channel.signed(5n))], withPending: false })
    await settle()
    await s.reorg(1)
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('makes readings worthless that began before it: none is believed on a dead fork', async () => {
    const chain = modelChain()
    const readings = heldReadings(chain)
    await using s = await setup({ chain, refuteDepth: 2n, chainOverrides: { readRecord: readings.readRecord } })
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    readings.hold()
    // Somebody else refutes, and a reorg takes that out while our reading of it is on its way.
    await s.mine({ calls: [registers(channel.signed(5n))] })
    await s.reorg(1)
    expect(chain.dispute(channel.id)?.version).toBe(1n)
    readings.release()
    for (let block = 0; block < 5; block++) await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('of the only record opens no dispute, whatever a reading says that began before', async () => {
    const chain = modelChain()
    const readings = heldReadings(chain)
    await using s = await setup({ chain, refuteDepth: 2n, chainOverrides: { readRecord: readings.readRecord } })
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    readings.hold()
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.reorg(1)
    readings.release()
    for (let block = 0; block < 8; block++) await s.mine()
    expect(chain.sent).toEqual([])
  })

  it('deeper than one block is followed', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    for (let block = 0; block < 4; block++) await s.mine()
    await s.reorg(5)
    expect(s.chain.dispute(channel.id)).toBeUndefined()
    expect(watch.told.slice(-2)).toEqual(['removed registered 5', 'removed registered 1'])
    await s.mine({ calls: [registers(channel.signed(2n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('does not hide a log while the contract cannot be read', async () => {
    await using s = await setup()
    for (let block = 0; block < 3; block++) await s.mine()
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    s.chain.faults.readRecord = () => {
      throw new Error('connection refused')
    }
    s.chain.reorg(3)
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('is not held against a healthy channel while the contract cannot be read', async () => {
    await using s = await setup({ refuteDepth: 2n })
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    s.chain.faults.readRecord = () => {
      throw new Error('connection refused')
    }
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.reorg(1)
    for (let block = 0; block < 6; block++) await s.mine()
    expect(s.chain.sent).toEqual([])
  })
})

describe('readings from before what is known', () => {
  it('D10: are repeated without deciding anything anew', async () => {
    const chain = modelChain()
    let old: RecordReading | undefined
    let readings = 0
    await using s = await setup({
      chain,
      chainOverrides: {
        async readRecord(id, options) {
          readings += 1
          return old ?? (await chain.readRecord(id, options))
        },
      },
    })
    const channel = testChannel({ duration: 36_000n })
    await s.watch(channel.signed(5n))
    const before = await chain.readRecord(channel.id)
    await s.mine({ calls: [registers(channel.signed(5n))] })
    old = before
    await s.mine({ calls: [registers(channel.signed(6n))] })
    const [decided, read] = [s.engine.stats.decisions, readings]
    // No block comes, and the endpoint stays behind.
    for (let seconds = 0; seconds < 20; seconds++) await s.clock.pass(1_000)
    expect(readings - read).toBeGreaterThan(3)
    expect(s.engine.stats.decisions - decided).toBeLessThan(3)
  })
})
