import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/index.ts'
import { registers, testChannel } from '../../../src/testing/index.ts'
import { isPending, setup } from '../../support/setup.ts'

describe('a store whose history hangs once', () => {
  it('D11: does not stop a channel from taking states for good', { timeout: 60_000 }, async () => {
    const store = memoryStore()
    let hangs = 0
    const s = await setup({
      store: {
        ...store,
        async *history(...args) {
          if (hangs++ === 0) await new Promise(() => {})
          yield* store.history(...args)
        },
      },
    })
    const [root, sub] = [testChannel({ duration: 3_600n }), testChannel({ kind: 'sub', funds: 10n })]
    const watch = await s.watch(root.signed(1n, { locks: [sub] }))
    const below = await s.watch(sub.signed(1n), root)
    await below.publish(sub.signed(2n))
    await watch.publish(root.signed(2n, { locks: [sub] }))
    await s.mine({ calls: [registers(root.signed(2n, { locks: [sub] }), [sub.signed(1n)])] })
    // Final: what is obsolete is forgotten now, and the history is looked through.
    for (let block = 0; block < 12; block++) await s.mine()
    const publishing = Promise.all([below.publish(sub.signed(3n)), watch.publish(root.signed(3n, { locks: [sub] }))])
    publishing.catch(() => {})
    for (let block = 0; block < 20; block++) await s.mine()
    expect(hangs).toBeGreaterThan(0)
    expect(await isPending(publishing)).toBe(false)
  })
})
