import { describe, expect, it } from 'vitest'
import { type AdjudicatorRules, perunRules } from '../../../src/adapter.ts'
import { WatcherError } from '../../../src/index.ts'
import { concludes, modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

const withRules = (more: Partial<AdjudicatorRules>): AdjudicatorRules => ({ ...perunRules, ...more })

describe('an engine on a ledger with other rules', () => {
  it.each([
    ['until-concluded', false],
    ['until-withdrawn', true],
    ['never', false],
  ] as const)('concludes a final state over another conclusion where it wins %s: %s', async (finalWins, isSent) => {
    const chain = modelChain()
    const sent: string[] = []
    const hasConcluded = (): boolean => chain.dispute(channel.id)?.phase === 'concluded'
    const closed = new WatcherError('REGISTER_REVERTED', 'Not taken.')
    await using s = await setup({
      chain,
      chainOverrides: {
        rules: withRules({ finalWins }),
        async register() {
          throw closed
        },
        async concludeFinal() {
          if (hasConcluded()) sent.push('concludeFinal')
          throw closed
        },
      },
    })
    const channel = testChannel({ duration: 30n })
    await s.watch(channel.signed(9n, { isFinal: true }))
    const old = channel.signed(8n)
    await s.mine({ calls: [registers(old)] })
    for (let block = 0; block < 4; block++) await s.mine()
    await s.mine({ calls: [concludes(old)] })
    for (let block = 0; block < 40; block++) await s.mine()
    expect(sent.length > 0).toBe(isSent)
    // What is refused is repeated ever more rarely.
    expect(sent.length).toBeLessThan(12)
  })

  it.each([
    [false, 2],
    [true, 5],
  ])('counts confirmations anew where a newer state gets a window of its own (%s)', async (restarts, most) => {
    const chain = modelChain()
    await using s = await setup({
      chain,
      refuteDepth: 3n,
      chainOverrides: { rules: withRules({ replacingRestartsWindow: restarts }) },
    })
    const channel = testChannel({ duration: 86_400n })
    await s.watch(channel.signed(9n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    await s.mine({ calls: [registers(channel.signed(2n))] })
    let blocks = 0
    while (chain.sent.length === 0 && blocks < 20) {
      await s.mine()
      blocks += 1
    }
    expect(blocks).toBeLessThanOrEqual(most)
    expect(blocks >= 3).toBe(restarts)
  })

  it('shows a channel as disputed, and its deadline, by those rules', async () => {
    const rules = withRules({ refutableUntil: ({ phase, timeout }) => (phase === 'dispute' ? timeout + 100n : 0n) })
    await using s = await setup({ chainOverrides: { rules } })
    const channel = testChannel({ duration: 60n })
    await s.watch(channel.signed(1n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    const timeout = s.chain.dispute(channel.id)?.timeout ?? 0n
    for (let block = 0; block < 8; block++) await s.mine()
    expect(s.chain.now).toBeGreaterThan(timeout)
    expect(s.engine.channel(channel.id)).toMatchObject({ isDisputed: true, deadline: timeout + 100n })
    for (let block = 0; block < 8; block++) await s.mine()
    expect(s.engine.channel(channel.id)).toMatchObject({ isDisputed: false, deadline: undefined })
  })
})
