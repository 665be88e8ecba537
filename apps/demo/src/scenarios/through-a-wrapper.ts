import { eth, publish, stateAt, watch } from '../agreed.ts'
import { agree, type Cheat, type Scenario } from '../model.ts'

type Wrapping = Pick<Scenario, 'name' | 'title' | 'story'> & { readonly route: Cheat['route'] }

/** Registrations that a watcher which only reads the input of transactions would never find. */
function hidden({ route, ...about }: Wrapping): Scenario {
  return {
    ...about,
    async write({ alice, mallory, openChannel }) {
      const channel = openChannel({ actors: [mallory, alice], balances: eth(5, 5) })
      const ledger = await agree('ledger', channel, [
        channel.state(0n),
        channel.state(1n, { balances: eth(3, 7) }),
        channel.state(2n, { balances: eth(2, 8) }),
      ])
      return {
        agreed: [ledger],
        told: [watch(ledger), ...publish(ledger, 1n, 2n)],
        cheat: { by: mallory, route, tree: [stateAt(ledger, 0n)] },
        concludedBy: mallory,
      }
    },
  }
}

export const throughAWrapper: Scenario = hidden({
  name: 'through-a-wrapper',
  title: 'Through a wrapper',
  story: 'Mallory registers an old state from within another contract, so that her transaction never names register.',
  route: 'wrapper',
})

export const inDisguise: Scenario = hidden({
  name: 'in-disguise',
  title: 'Disguised as the newest',
  story:
    'The input of her transaction reads like the registration of the newest state; what runs inside is an old one.',
  route: 'disguise',
})
