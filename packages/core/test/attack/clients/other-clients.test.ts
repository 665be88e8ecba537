import { describe, expect, it } from 'vitest'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

describe('another client', () => {
  it('D6: who watches our sub-channel below a full tree of theirs keeps us from publishing nothing', {
    timeout: 60_000,
  }, async () => {
    await using s = await setup({ chain: modelChain({ limits: { channels: 4 } }) })
    const [root, theirs] = [testChannel(), testChannel()]
    const sub = testChannel({ kind: 'sub', funds: 10n })
    const nested = testChannel({ kind: 'sub', funds: 5n })
    const fill = [testChannel({ kind: 'sub', funds: 1n }), testChannel({ kind: 'sub', funds: 1n })]
    const watch = await s.watch(root.signed(1n))
    const below = await s.watch(sub.signed(1n), root)
    await watch.publish(root.signed(2n, { locks: [sub] }))
    await s.watch(nested.signed(1n), sub)
    await s.watch(theirs.signed(1n, { locks: [sub, ...fill] }), undefined, 'hostile')
    const hostile = await s.watch(sub.signed(1n), theirs, 'hostile')
    await hostile.stop()
    await expect(below.publish(sub.signed(2n, { locks: [nested] }))).resolves.toBeUndefined()
  })

  it('D11: who hangs our channel below a busy tree of theirs does not hold up our stop', {
    timeout: 60_000,
  }, async () => {
    const chain = modelChain()
    const [root, theirs] = [testChannel(), testChannel()]
    await using s = await setup({
      chain,
      chainOverrides: {
        register: (channel, ...rest) =>
          channel.state.channelId === theirs.id
            ? Promise.reject(new Error('refused'))
            : chain.register(channel, ...rest),
      },
    })
    const sub = testChannel({ kind: 'sub', funds: 10n })
    const t = await s.watch(theirs.signed(1n), undefined, 'hostile')
    await t.publish(theirs.signed(2n))
    await s.watch(root.signed(1n))
    const below = await s.watch(sub.signed(1n), root)
    const hostile = await s.watch(sub.signed(1n), theirs, 'hostile')
    await hostile.stop()
    await s.mine({ calls: [registers(theirs.signed(1n))] })
    let hasStopped = false
    void below.stop().then(() => {
      hasStopped = true
    })
    for (let block = 0; block < 10; block++) await s.mine()
    expect(hasStopped).toBe(true)
  })
})
