import { standsFor } from '../model/state-identity.ts'
import type { AdjudicatorRules } from '../spi/chain.ts'

/**
 * The rules of Perun's Ethereum adjudicator (perun-eth-contracts 1.0.0), for backends whose contract has them.
 *
 * - A record is replaced by a higher version only: phase DISPUTE and `block.timestamp < timeout` (`incorrect phase`,
 *   `refutation timeout passed`). The window does not begin again.
 * - Repeating exactly the registered state is a no-op, at any time and in any phase.
 * - `conclude` takes a root from its timeout on; one with an app may be played first, for one more challenge duration.
 * - `progress` plays an app from the timeout of the dispute on, and after each move for one challenge duration more. The last
 *   move and a conclusion fit into one block.
 * - `concludeFinal` looks at nothing but whether the channel is concluded.
 */
export const perunRules: AdjudicatorRules = {
  admits(_params, record, held, now) {
    if (record === undefined) return 'new'
    if (standsFor(record, held)) return 'repeats'
    const isRefutable = record.phase === 'dispute' && now < record.timeout
    return isRefutable && held.state.version > record.version ? 'replaces' : 'refused'
  },
  refutableUntil: (record) => (record.phase === 'dispute' ? record.timeout : 0n),
  concludableAt({ app, challengeDuration }, { phase, timeout }) {
    return phase === 'dispute' && app !== undefined ? timeout + challengeDuration : timeout
  },
  playable(_params, { phase, timeout }) {
    if (phase === 'concluded') return undefined
    return phase === 'dispute' ? { from: timeout, until: undefined } : { from: 0n, until: timeout }
  },
  finalWins: 'until-concluded',
  replacingRestartsWindow: false,
  trees: true,
  apps: true,
}
