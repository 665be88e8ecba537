import { eth, publish, stateAt, watch } from '../agreed.ts'
import { agree, type Scenario } from '../model.ts'

export const newestPublishedLate: Scenario = {
  name: 'newest-published-late',
  title: 'Newest published late',
  story:
    'When Mallory registers it, her state is the newest that the watcher knows. Alice hands in newer ones afterwards.',
  async write({ alice, mallory, openChannel }) {
    const channel = openChannel({ actors: [alice, mallory], balances: eth(2, 10) })
    const ledger = await agree('ledger', channel, [
      channel.state(0n),
      channel.state(1n, { balances: eth(3, 9) }),
      channel.state(2n, { balances: eth(6, 6) }),
      channel.state(3n, { balances: eth(11.75, 0.25) }),
    ])
    return {
      agreed: [ledger],
      told: [watch(ledger), ...publish(ledger, 1n)],
      cheat: { by: mallory, route: 'direct', tree: [stateAt(ledger, 1n)] },
      toldLater: publish(ledger, 2n, 3n),
      concludedBy: alice,
    }
  },
}
