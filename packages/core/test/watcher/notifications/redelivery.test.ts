import { describe, expect, it } from 'vitest'
import type { EngineWatch } from '../../../src/adapter.ts'
import { memoryStore, parseClientName, type WatcherEngine } from '../../../src/index.ts'
import { describeEvent, modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { modelLedger, type Setup, settle, setup } from '../../support/setup.ts'
import { testStore } from '../../support/stores.ts'

const [alice, bob] = [parseClientName('alice'), parseClientName('bob')]

const world = () => ({ chain: modelChain(), store: memoryStore() })

interface Numbered {
  readonly watch: EngineWatch
  /** `sequence type version` of each event. */
  readonly told: readonly string[]
}

/** A watch that says under which sequence it was told what. */
async function watchNumbered(
  engine: WatcherEngine,
  signed: Parameters<WatcherEngine['startWatching']>[0],
  client = alice,
): Promise<Numbered> {
  const told: string[] = []
  const sink = {
    push: (event: Parameters<typeof describeEvent>[0], sequence: bigint) =>
      void told.push(`${sequence} ${describeEvent(event)}`),
    end() {},
  }
  return { watch: await engine.startWatching(signed, sink, { client }), told }
}

/** Lets the chain make what happened final, and the cursor move past it. */
async function makeFinal(s: Setup): Promise<void> {
  for (let block = 0; block < 40; block++) await s.mine()
}

describe('a client that comes back', () => {
  it('hears first what it did not acknowledge, in order, and then what is new', async () => {
    const here = world()
    const channel = testChannel({ duration: 6000n })
    {
      await using s = await setup(here)
      const { watch, told } = await watchNumbered(s.engine, channel.signed(5n))
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.mine()
      await settle()
      expect(told).toEqual(['1 registered 1', '2 registered 5', '3 refuted 5'])
      watch.acknowledge(1n)
      await settle()
    }
    await using s = await setup(here)
    const again = await watchNumbered(s.engine, channel.signed(5n))
    expect(again.told.slice(0, 2)).toEqual(['2 registered 5', '3 refuted 5'])
    await makeFinal(s)
    expect(again.told.map((each) => each.split(' ')[0])).toEqual(again.told.map((_, at) => `${at + 2}`))
    expect(again.told.at(-1)).toContain('registered 5 final')
  })

  it('hears what happened while it was away, also what the chain does not tell again', async () => {
    const here = world()
    const channel = testChannel({ duration: 6000n })
    {
      await using s = await setup(here)
      await watchNumbered(s.engine, channel.signed(5n))
    }
    {
      await using s = await setup(here)
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await makeFinal(s)
      expect((await here.store.cursor(modelLedger)) ?? 0n).toBeGreaterThan(5n)
    }
    await using s = await setup(here)
    const { told } = await watchNumbered(s.engine, channel.signed(5n))
    const facts = told.map((each) => each.replace(/^\d+ /, ''))
    for (const fact of ['registered 1', 'registered 5', 'refuted 5', 'registered 5 final'])
      expect(facts).toContain(fact)
    expect(facts.indexOf('registered 1')).toBeLessThan(facts.indexOf('registered 5'))
  })

  it('hears nothing again that it acknowledged but what stands', async () => {
    const here = world()
    const channel = testChannel({ duration: 6000n })
    {
      await using s = await setup(here)
      const { watch } = await watchNumbered(s.engine, channel.signed(5n))
      await s.mine({ calls: [registers(channel.signed(5n))] })
      await makeFinal(s)
      watch.acknowledge(99n)
      await settle()
    }
    await using s = await setup(here)
    const { told } = await watchNumbered(s.engine, channel.signed(5n))
    expect(told).toEqual(['3 registered 5'])
  })

  it('after it stopped is a new one: its mailbox went with its registration', async () => {
    await using s = await setup()
    const channel = testChannel({ duration: 6000n })
    await watchNumbered(s.engine, channel.signed(5n), bob)
    const { watch } = await watchNumbered(s.engine, channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(5n))] })
    await settle()
    expect(await s.store.mailbox(channel.id, alice)).toBeDefined()
    await watch.stop()
    expect(await s.store.mailbox(channel.id, alice)).toBeUndefined()
    expect(await s.store.mailbox(channel.id, bob)).toBeDefined()
    // An old watch says nothing for a new one.
    const again = await watchNumbered(s.engine, channel.signed(5n))
    watch.acknowledge(9n)
    await settle()
    expect(again.told).toEqual(['1 registered 5'])
    expect((await s.store.mailbox(channel.id, alice))?.events).toHaveLength(1)
  })

  it('in the same run finds what its lost watch did not acknowledge', async () => {
    await using s = await setup()
    const channel = testChannel({ duration: 6000n })
    await watchNumbered(s.engine, channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(5n))] })
    const { told } = await watchNumbered(s.engine, channel.signed(5n))
    expect(told[0]).toBe('1 registered 5')
  })

  it('keeps what it had when a stop fails', async () => {
    const store = testStore()
    await using s = await setup({ store })
    const channel = testChannel({ duration: 6000n })
    const { watch } = await watchNumbered(s.engine, channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(5n))] })
    await settle()
    let failures = 1
    store.afterCommit = (changes) => {
      if (failures-- > 0 && changes.some(({ type }) => type === 'putMailbox')) throw new Error('connection lost')
    }
    await expect(watch.stop()).rejects.toThrow('connection lost')
    await settle()
    expect((await store.mailbox(channel.id, alice))?.events).toHaveLength(1)
  })
})

describe('the cursor', () => {
  it('waits for the events of the blocks that it passes', async () => {
    const store = testStore()
    const chain = modelChain()
    const channel = testChannel({ duration: 6000n })
    await using s = await setup({ store, chain })
    await watchNumbered(s.engine, channel.signed(5n))
    const before = await store.cursor(chain.ledgerId)
    store.beforeCommit = (changes) => {
      if (changes.some(({ type }) => type === 'putMailbox')) throw new Error('disk full')
    }
    await s.mine({ calls: [registers(channel.signed(5n))] })
    await makeFinal(s)
    expect(await store.cursor(chain.ledgerId)).toBe(before)
    store.beforeCommit = () => {}
    await makeFinal(s)
    expect(await store.cursor(chain.ledgerId)).toBeGreaterThan(20n)
  })
})

describe('a mailbox of the engine', () => {
  it('that cannot be written delays no refutation and no other event', async () => {
    const store = testStore()
    await using s = await setup({ store })
    const channel = testChannel()
    const { told } = await watchNumbered(s.engine, channel.signed(5n))
    store.beforeCommit = (changes) => {
      if (changes.some(({ type }) => type === 'putMailbox')) throw new Error('disk full')
    }
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    expect(told).toEqual(['1 registered 1', '2 registered 5', '3 refuted 5'])
  })

  it('is bounded as the operator says', async () => {
    for (const mailboxLimit of [0, 1.5, Number.NaN]) {
      await expect(setup({ mailboxLimit })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    }
    await using s = await setup({ mailboxLimit: 2 })
    const channel = testChannel()
    await watchNumbered(s.engine, channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await makeFinal(s)
    expect((await s.store.mailbox(channel.id, alice))?.events).toHaveLength(2)
  })
})
