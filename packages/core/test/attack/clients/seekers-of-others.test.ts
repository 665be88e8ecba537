import { describe, expect, it } from 'vitest'
import { concludes, modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

/** Milliseconds that an endpoint takes for a piece of history. */
const pageMs = 250

describe('registered states that another client hides, and that nobody finds', () => {
  it.each([0, 300])('D5, D10: %i of them do not keep ours from being found', { timeout: 120_000 }, async (count) => {
    const chain = modelChain()
    const mine = testChannel({ kind: 'sub', funds: 10n, duration: 60n })
    await using s = await setup({
      chain,
      chainOverrides: {
        async findRegistrations(id, options) {
          await s.clock.sleep(pageMs, options)
          if (id === mine.id) return await chain.findRegistrations(id, options)
          // A long history.
          return { logs: [], before: options?.before === undefined ? 2_000n : options.before - 1n }
        },
      },
    })
    async function pass(blocks: number, options: Parameters<typeof s.chain.mine>[0] = {}): Promise<void> {
      for (let block = 0; block < blocks; block++) {
        await s.mine(options)
      }
    }
    for (let done = 0; done < count; done += 50) {
      const subs = Array.from({ length: 50 }, () => testChannel({ kind: 'sub', funds: 1n }))
      const root = testChannel()
      await s.watch(root.signed(1n), undefined, 'mallory')
      for (const sub of subs) await s.watch(sub.signed(1n), root, 'mallory')
      const foreign = testChannel({ duration: 0n }).signed(0n, { locks: subs })
      const states = subs.map((sub) => sub.signed(9n))
      await pass(1, { calls: [registers(foreign, states, true), concludes(foreign, states)] })
    }
    // Registered before it is watched, and no longer to be replaced: exactly that state is needed.
    const own = testChannel({ duration: 0n }).signed(0n, { locks: [mine] })
    await pass(1, { calls: [registers(own, [mine.signed(7n)]), concludes(own, [mine.signed(7n)])] })
    await pass(10)
    const root = testChannel({ duration: 600n })
    await s
      .watch(root.signed(1n), undefined, 'alice')
      .then((watch) => watch.publish(root.signed(2n, { locks: [mine] })))
    await s.watch(mine.signed(1n), root, 'alice')
    await pass(1, { calls: [registers(root.signed(1n))] })
    await pass(48)
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })
})
