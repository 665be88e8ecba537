import { describe, expect, it } from 'vitest'
import { WatcherError } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'
import { closes } from '../support.ts'

describe('a state that was acknowledged before the dispute, and could not be registered at first', () => {
  it('is paid like a first answer, whatever an older state in its place has cost', async () => {
    const chain = modelChain()
    await using s = await setup({
      chain,
      chainOverrides: {
        register(channel, subs, options) {
          // The budget of the dispute is used up by one answer.
          if (options.purpose?.rank === 'improvement') {
            return Promise.reject(new WatcherError('BUDGET_EXCEEDED', 'nothing left: dispute'))
          }
          return chain.register(channel, subs, options)
        },
      },
    })
    const root = testChannel({ duration: 3_600n })
    const sub = testChannel({ kind: 'sub', funds: 10n, duration: 3_600n })
    const watch = await s.watch(root.signed(1n))
    await watch.publish(root.signed(2n))
    await watch.publish(root.signed(7n, { locks: [sub] }))
    const below = await s.watch(sub.signed(1n), root)
    await s.mine({ calls: closes(sub, 5n) })
    await s.mine({ calls: [registers(root.signed(1n))] })
    for (let block = 0; block < 5; block++) await s.mine()
    expect(chain.dispute(root.id)?.version).toBe(2n)
    // The client was asked for it.
    await below.publish(sub.signed(5n))
    for (let block = 0; block < 290; block++) await s.mine()
    expect(chain.dispute(root.id)?.version).toBe(7n)
  })
})
