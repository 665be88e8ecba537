import { describe, expect, it } from 'vitest'
import type { SendPurpose } from '../../../src/adapter.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { type Setup, setup } from '../../support/setup.ts'

/** A setup that keeps what each transaction was for. */
async function withPurposes(): Promise<{ readonly s: Setup; readonly purposes: SendPurpose[] }> {
  const chain = modelChain()
  const purposes: SendPurpose[] = []
  const s = await setup({
    chain,
    chainOverrides: {
      register(channel, subChannels, options) {
        if (options.purpose !== undefined) purposes.push(options.purpose)
        return chain.register(channel, subChannels, options)
      },
    },
  })
  return { s, purposes }
}

describe('an answer of ours that is improved', () => {
  it('becomes a first answer again where a reorg took it out', async () => {
    const { s, purposes } = await withPurposes()
    await using _ = s
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    s.chain.reorg(1)
    for (let block = 0; block < 3; block++) await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    expect(purposes.map(({ rank }) => rank)).toEqual(purposes.map(() => 'first-answer'))
  })

  it('is an improvement of what we put there, and a first answer to what another put there since', async () => {
    const { s, purposes } = await withPurposes()
    await using _ = s
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    await watch.publish(channel.signed(6n))
    for (let block = 0; block < 2; block++) await s.mine()
    expect(purposes.map(({ rank }) => rank)).toEqual(['first-answer', 'improvement'])
    await s.mine({ calls: [registers(channel.signed(8n))] })
    await watch.publish(channel.signed(9n))
    for (let block = 0; block < 3; block++) await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(9n)
    expect(purposes.at(-1)?.rank).toBe('first-answer')
  })
})
