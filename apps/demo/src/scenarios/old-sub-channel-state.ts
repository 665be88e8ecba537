import { lock } from '@perun-watcher/devnet'
import { eth, newestOf, publish, stateAt, watch } from '../agreed.ts'
import { agree, type Scenario } from '../model.ts'

export const oldSubChannelState: Scenario = {
  name: 'old-sub-channel-state',
  title: 'Old sub-channel state',
  story: 'The ledger state that Mallory registers is the newest; the sub-channel state below it is not.',
  async write({ alice, mallory, openChannel }) {
    const actors = [alice, mallory]
    const root = openChannel({ actors, balances: eth(6, 4) })
    const below = openChannel({ actors, balances: eth(3, 2), kind: 'sub' })
    const ledger = await agree('ledger', root, [root.state(0n), lock(root.state(0n), below.state(0n))])
    const sub = await agree('sub', below, [
      below.state(0n),
      below.state(1n, { balances: eth(1, 4) }),
      below.state(2n, { balances: eth(2, 3) }),
      below.state(3n, { balances: eth(4.5, 0.5) }),
    ])
    return {
      agreed: [ledger, sub],
      told: [watch(ledger), ...publish(ledger, 1n), watch(sub, ledger), ...publish(sub, 1n, 2n, 3n)],
      cheat: { by: mallory, route: 'direct', tree: [newestOf(ledger), stateAt(sub, 1n)] },
      concludedBy: mallory,
    }
  },
}
