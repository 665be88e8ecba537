import { describe, expect, it } from 'vitest'
import { WatcherError } from '../../../src/index.ts'
import { registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

describe('an endpoint that takes no transactions for a while', () => {
  it('does not count as a contract that refuses to conclude', async () => {
    await using s = await setup()
    const channel = testChannel({ duration: 3_600n, hasApp: true })
    const watch = await s.watch(channel.signed(8n))
    await s.mine({ calls: [registers(channel.signed(8n))] })
    await s.mine({ seconds: 3_600n })
    // From here on the app may be played, for another hour; then anybody may conclude.
    s.chain.faults.send = () => {
      throw new WatcherError('CHAIN_UNREACHABLE', 'no endpoint')
    }
    await watch.publish(channel.signed(9n, { isFinal: true }))
    for (let block = 0; block < 265; block++) await s.mine()
    delete s.chain.faults.send
    // Seven minutes that nobody else can use.
    for (let block = 0; block < 34; block++) await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(9n)
  })
})
