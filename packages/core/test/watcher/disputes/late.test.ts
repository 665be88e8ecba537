import { describe, expect, it } from 'vitest'
import { WatcherError } from '../../../src/index.ts'
import { registers, testChannel } from '../../../src/testing/index.ts'
import { type Setup, setup } from '../../support/setup.ts'

/** The ledger takes nothing whose deadline has passed, as real backends do. */
function enforceDeadlines(s: Setup): void {
  s.chain.faults.send = ({ deadline }) => {
    if (s.chain.now >= deadline) throw new WatcherError('DEADLINE_PASSED', 'Too late.')
  }
}

describe('after a window has closed', () => {
  it('a final state is concluded, as long as nobody has concluded the older one', async () => {
    await using s = await setup()
    enforceDeadlines(s)
    const channel = testChannel()
    const watch = await s.watch(channel.signed(3n))
    await s.mine({ calls: [registers(channel.signed(3n))] })
    await s.mine({ seconds: 700n })
    await watch.publish(channel.signed(4n, { isFinal: true }))
    await s.mine()
    expect(s.chain.dispute(channel.id)).toMatchObject({ version: 4n, phase: 'concluded' })
  })

  it('a sub-channel with time left is refuted below a root that could be concluded at any moment', async () => {
    await using s = await setup()
    enforceDeadlines(s)
    const child = testChannel({ kind: 'sub', funds: 100n, duration: 6000n })
    const parent = testChannel({ duration: 600n })
    const locks = { locks: [child] }
    await s.watch(parent.signed(1n, locks))
    const watch = await s.watch(child.signed(1n), parent)
    await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(1n)])] })
    await s.mine({ seconds: 700n })
    await watch.publish(child.signed(2n))
    await s.mine()
    expect(s.chain.dispute(child.id)?.version).toBe(2n)
  })

  for (const isArchived of [false, true]) {
    const what = isArchived ? 'archived' : 'watched'

    it(`an ${what} sub-channel is refuted below the older root that stands, though the newest root released it`, async () => {
      await using s = await setup()
      const child = testChannel({ kind: 'sub', funds: 100n, duration: 6000n })
      const parent = testChannel({ duration: 600n })
      const locks = { locks: [child] }
      const watch = await s.watch(parent.signed(1n, locks))
      const childWatch = await s.watch(child.signed(5n), parent)
      if (isArchived) await childWatch.stop()
      s.chain.faults.send = () => {
        throw new Error('connection refused')
      }
      await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(0n)])] })
      await watch.publish(parent.signed(2n))
      await s.mine({ seconds: 700n })
      delete s.chain.faults.send
      await s.mine()
      await s.mine()
      expect(s.chain.dispute(parent.id)?.version).toBe(1n)
      expect(s.chain.dispute(child.id)?.version).toBe(5n)
      expect(watch.told).toContain('endangered too-late')
    })
  }

  it('the client is told once, with the time that has passed', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(4n))
    s.chain.faults.send = () => {
      throw new WatcherError('ACCOUNT_UNDERFUNDED', 'Not enough money.')
    }
    await s.mine({ calls: [registers(channel.signed(1n))] })
    for (let block = 0; block < 5; block++) await s.mine({ seconds: 200n })
    expect(watch.told).toEqual(['registered 1', 'endangered underfunded', 'endangered late', 'endangered too-late'])
    const last = watch.events.at(-1)
    expect(last).toMatchObject({ version: 4n, registeredVersion: 1n, secondsLeft: 0n })
  })
})

describe('while a window closes', () => {
  it('the client is told when less than a quarter is left', async () => {
    await using s = await setup()
    const channel = testChannel({ duration: 1000n })
    const watch = await s.watch(channel.signed(4n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine({ seconds: 740n, withPending: false })
    expect(watch.told).toEqual(['registered 1'])
    await s.mine({ seconds: 12n, withPending: false })
    await s.mine({ withPending: false })
    expect(watch.told).toEqual(['registered 1', 'endangered late'])
    await s.mine()
    expect(watch.told).toEqual(['registered 1', 'endangered late', 'registered 4', 'refuted 4'])
  })
})
