import { lock } from '@perun-watcher/devnet'
import { eth, newestOf, publish, stateAt, watch } from '../agreed.ts'
import { agree, type Scenario } from '../model.ts'

export const throughTheOtherParent: Scenario = {
  name: 'through-the-other-parent',
  title: 'Through the other parent',
  story:
    'Alice and Mallory share a virtual channel through Ingrid. Mallory registers an old state of it below her own ledger channel, which the watcher knows nothing about.',
  async write({ alice, mallory, ingrid, openChannel }) {
    const hers = openChannel({ actors: [alice, ingrid], balances: eth(8, 8) })
    const other = openChannel({ actors: [mallory, ingrid], balances: eth(8, 8) })
    const between = openChannel({ actors: [mallory, alice], balances: eth(3, 2), kind: 'virtual' })
    const [opening, otherOpening, start] = [hers.state(0n), other.state(0n), between.state(0n)]
    // In each parent Ingrid plays for whoever is not in it.
    const ledger = await agree('ledger', hers, [opening, lock(opening, start, { indexMap: [1, 0] })])
    const otherLedger = await agree('other ledger', other, [
      otherOpening,
      lock(otherOpening, start, { indexMap: [0, 1] }),
    ])
    const virtual = await agree('virtual', between, [
      start,
      between.state(1n, { balances: eth(4, 1) }),
      between.state(2n, { balances: eth(2, 3) }),
      between.state(3n, { balances: eth(1, 4) }),
    ])
    return {
      agreed: [ledger, virtual, otherLedger],
      told: [watch(ledger), ...publish(ledger, 1n), watch(virtual, ledger), ...publish(virtual, 1n, 2n, 3n)],
      cheat: { by: mallory, route: 'direct', tree: [newestOf(otherLedger), stateAt(virtual, 1n)] },
      concludedBy: mallory,
    }
  },
}
