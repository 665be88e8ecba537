import { eth, publish, stateAt, watch } from '../agreed.ts'
import { agree, type Scenario } from '../model.ts'
import { wrongTellings } from '../wrong-tellings.ts'

export const oldLedgerState: Scenario = {
  name: 'old-ledger-state',
  title: 'Old ledger state',
  story: 'Mallory pays Alice three times, then registers the state before the last two payments.',
  async write({ alice, mallory, openChannel }) {
    const channel = openChannel({ actors: [alice, mallory], balances: eth(4, 6) })
    const ledger = await agree('ledger', channel, [
      channel.state(0n),
      channel.state(1n, { balances: eth(5, 5) }),
      channel.state(2n, { balances: eth(7.5, 2.5) }),
      channel.state(3n, { balances: eth(9, 1) }),
    ])
    return {
      agreed: [ledger],
      told: [watch(ledger), ...publish(ledger, 1n, 2n, 3n)],
      wrong: await wrongTellings(ledger),
      cheat: { by: mallory, route: 'direct', tree: [stateAt(ledger, 1n)] },
      concludedBy: mallory,
    }
  },
}
