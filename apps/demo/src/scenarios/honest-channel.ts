import { eth, publish, watch } from '../agreed.ts'
import { agree, type Scenario } from '../model.ts'

export const honestChannel: Scenario = {
  name: 'honest-channel',
  title: 'Honest channel',
  story: 'Nobody cheats: the watcher must leave the channel alone until Alice concludes it.',
  async write({ alice, ingrid, openChannel }) {
    const channel = openChannel({ actors: [alice, ingrid], balances: eth(3, 3) })
    const ledger = await agree('ledger', channel, [
      channel.state(0n),
      channel.state(1n, { balances: eth(2, 4) }),
      channel.state(2n, { balances: eth(2.5, 3.5), isFinal: true }),
    ])
    return { agreed: [ledger], told: [watch(ledger), ...publish(ledger, 1n, 2n)], concludedBy: alice }
  },
}
