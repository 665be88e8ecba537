import { lock } from '@perun-watcher/devnet'
import { eth, publish, stateAt, watch } from '../agreed.ts'
import { agree, type Scenario } from '../model.ts'

export const oldTree: Scenario = {
  name: 'old-tree',
  title: 'Old tree, two levels',
  story: 'A ledger channel, a sub-channel in it and one in that: Mallory registers old states of all three.',
  async write({ alice, mallory, openChannel }) {
    const actors = [alice, mallory]
    const root = openChannel({ actors, balances: eth(10, 10) })
    const middle = openChannel({ actors, balances: eth(5, 5), kind: 'sub' })
    const leaf = openChannel({ actors, balances: eth(2, 2), kind: 'sub' })
    const rootLocked = lock(root.state(0n), middle.state(0n))
    const middleLocked = lock(middle.state(0n), leaf.state(0n))
    const { locked } = rootLocked.outcome
    const ledger = await agree('ledger', root, [
      root.state(0n),
      rootLocked,
      root.state(2n, { balances: eth(6, 4), locked }),
      root.state(3n, { balances: eth(8, 2), locked }),
    ])
    const sub = await agree('sub', middle, [
      middle.state(0n),
      middleLocked,
      middle.state(2n, { balances: eth(5.25, 0.75), locked: middleLocked.outcome.locked }),
    ])
    const subSub = await agree('sub-sub', leaf, [
      leaf.state(0n),
      leaf.state(1n, { balances: eth(1, 3) }),
      leaf.state(2n, { balances: eth(3.5, 0.5) }),
    ])
    return {
      agreed: [ledger, sub, subSub],
      told: [
        watch(ledger),
        ...publish(ledger, 1n),
        watch(sub, ledger),
        ...publish(sub, 1n),
        watch(subSub, sub),
        ...publish(subSub, 1n, 2n),
        ...publish(sub, 2n),
        ...publish(ledger, 2n, 3n),
      ],
      cheat: { by: mallory, route: 'direct', tree: [stateAt(ledger, 1n), stateAt(sub, 1n), stateAt(subSub, 1n)] },
      concludedBy: alice,
    }
  },
}
