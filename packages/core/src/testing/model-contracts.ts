import type { State } from '../model/channel.ts'
import { arrayPanic, require, reverts } from './model-revert.ts'
import type { ModelContracts, ModelMove, ModelStateOf } from './model-types.ts'

/** Every app allows every move, and every holder takes every outcome. */
export const obligingContracts: ModelContracts = {
  moveFault: () => undefined,
  holds: () => true,
  payoutFault: () => undefined,
}

export function requireMove(contracts: ModelContracts, move: ModelMove): void {
  const fault = contracts.moveFault(move)
  require(fault === undefined, fault ?? '')
}

/** Pays out asset by asset. A state may name more assets than it has balances of. */
export function payOut(contracts: ModelContracts, channel: ModelStateOf, balances: State['outcome']['balances']): void {
  for (const [asset, held] of channel.state.outcome.assets.entries()) {
    if (!contracts.holds(held)) continue
    const fault = contracts.payoutFault({ ...channel, asset, balances: balances[asset] ?? reverts(arrayPanic) })
    require(fault === undefined, fault ?? '')
  }
}
