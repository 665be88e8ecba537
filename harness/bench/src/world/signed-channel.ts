import { channelId, stateHash } from '@perun-watcher/chain-evm/internal'
import {
  type ChannelId,
  type Hex,
  type Params,
  parseParams,
  parseSignedState,
  parseState,
  type SignedState,
  type State,
} from '@perun-watcher/core'
import { party } from './party.ts'

/** A ledger channel of two participants and one asset, whose states are really signed. */
export interface SignedChannel {
  readonly id: ChannelId
  signed(version: bigint): SignedState
}

const parties = [party(1), party(2)]
const holder: Hex = `0x${'a5'.repeat(20)}`
const funds = 10n ** 18n

/** The parameters of the channel with this number. */
export function paramsOf(number: number): Params {
  return parseParams({
    challengeDuration: 3_600n,
    nonce: BigInt(number),
    participants: parties.map(({ address }) => ({ address, crossChainAddress: '0x' })),
    app: undefined,
    ledgerChannel: true,
    virtualChannel: false,
  })
}

/** The funds move with the version, so that no two states have the same outcome. */
export function stateOf(id: ChannelId, version: bigint): State {
  return parseState({
    channelId: id,
    version,
    outcome: {
      assets: [{ chainId: 1n, holder, crossChainHolder: '0x' }],
      backends: [1n],
      balances: [[funds - version, funds + version]],
      locked: [],
    },
    appData: '0x',
    isFinal: false,
  })
}

export function signedChannel(number: number): SignedChannel {
  const params = paramsOf(number)
  const id = channelId(params)
  return {
    id,
    signed(version) {
      const state = stateOf(id, version)
      const hash = stateHash(state)
      return parseSignedState({ params, state, sigs: parties.map(({ sign }) => sign(hash)) })
    },
  }
}
