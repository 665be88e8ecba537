import type { SignedState } from '../../src/index.ts'
import { modelSigned, type TestChannel } from '../../src/testing/index.ts'

/** The same channel as those who sign it alone may sign it: with more coins in it. */
export function withOtherFunds(channel: TestChannel, funds: bigint): TestChannel {
  return {
    ...channel,
    funds,
    signed(version, options): SignedState {
      const { params, state } = channel.signed(version, options)
      const first = version % (funds + 1n)
      const others = state.outcome.balances[0]?.slice(2).map(() => 0n) ?? []
      const balances = [[first, funds - first, ...others]]
      return modelSigned(params, { ...state, outcome: { ...state.outcome, balances } })
    },
  }
}
