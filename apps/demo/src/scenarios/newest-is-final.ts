import { eth, publish, stateAt, watch } from '../agreed.ts'
import { agree, type Scenario } from '../model.ts'

export const newestIsFinal: Scenario = {
  name: 'newest-is-final',
  title: 'Newest state is final',
  story:
    'Both signed a final state; Mallory registers an older one. The watcher concludes at once, no window is waited for.',
  async write({ alice, mallory, openChannel }) {
    const channel = openChannel({ actors: [alice, mallory], balances: eth(1, 9) })
    const ledger = await agree('ledger', channel, [
      channel.state(0n),
      channel.state(1n, { balances: eth(4, 6) }),
      channel.state(2n, { balances: eth(7, 3), isFinal: true }),
    ])
    return {
      agreed: [ledger],
      told: [watch(ledger), ...publish(ledger, 1n, 2n)],
      cheat: { by: mallory, route: 'direct', tree: [stateAt(ledger, 1n)] },
      concludedBy: mallory,
    }
  },
}
