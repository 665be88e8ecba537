import { lock } from '@perun-watcher/devnet'
import { eth, newestOf, prn, publish, stateAt, watch } from '../agreed.ts'
import { agree, type Scenario } from '../model.ts'

export const oldSubChannelState: Scenario = {
  name: 'old-sub-channel-state',
  title: 'Old sub-channel state',
  story:
    'Two channels of ether and tokens. The ledger state that Mallory registers is the newest; the sub-channel state below it is not.',
  async write({ alice, mallory, assets: { ETH, PRN }, openChannel }) {
    const common = { actors: [alice, mallory], assets: [ETH, PRN] }
    const root = openChannel({ ...common, balances: [eth(6, 4), prn(60, 40)] })
    const below = openChannel({ ...common, balances: [eth(3, 2), prn(30, 20)], kind: 'sub' })
    const ledger = await agree('ledger', root, [root.state(0n), lock(root.state(0n), below.state(0n))])
    const sub = await agree('sub', below, [
      below.state(0n),
      below.state(1n, { balances: [eth(1, 4), prn(10, 40)] }),
      below.state(2n, { balances: [eth(2, 3), prn(20, 30)] }),
      below.state(3n, { balances: [eth(4.5, 0.5), prn(47.5, 2.5)] }),
    ])
    return {
      agreed: [ledger, sub],
      told: [watch(ledger), ...publish(ledger, 1n), watch(sub, ledger), ...publish(sub, 1n, 2n, 3n)],
      cheat: { by: mallory, route: 'direct', tree: [newestOf(ledger), stateAt(sub, 1n)] },
      concludedBy: mallory,
    }
  },
}
