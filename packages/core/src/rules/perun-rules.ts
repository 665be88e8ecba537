import type { AdjudicatorRules } from '../spi/chain.ts'

/**
 * The rules of Perun's Ethereum adjudicator (perun-eth-contracts 1.0.0), for backends whose contract has them.
 *
 * - A record is replaced by a higher version only: phase DISPUTE and `block.timestamp < timeout` (`incorrect phase`,
 *   `refutation timeout passed`). The window does not begin again.
 * - Repeating exactly the registered state is a no-op, at any time and in any phase.
 * - `conclude` takes a root from its timeout on; one with an app may be played first, for one more challenge duration.
 * - `concludeFinal` looks at nothing but whether the channel is concluded.
 */
export const perunRules: AdjudicatorRules = {
  admits(_params, record, held, now) {
    if (record === undefined) return 'new'
    // While only the log is known the hash is missing and the version has to do.
    const isSame =
      record.stateHash === undefined ? record.version === held.state.version : record.stateHash === held.hash
    if (isSame) return 'repeats'
    const isRefutable = record.phase === 'dispute' && now < record.timeout
    return isRefutable && held.state.version > record.version ? 'replaces' : 'refused'
  },
  refutableUntil: (_params, record) => (record.phase === 'dispute' ? record.timeout : 0n),
  concludableAt({ app, challengeDuration }, { phase, timeout }) {
    return phase === 'dispute' && app !== undefined ? timeout + challengeDuration : timeout
  },
  finalWins: 'until-concluded',
  replacingRestartsWindow: false,
  trees: true,
  apps: true,
}
