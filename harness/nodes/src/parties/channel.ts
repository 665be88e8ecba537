import { type Address, parseAddress } from '@perun-watcher/chain-evm'
import { channelId } from '@perun-watcher/chain-evm/internal'
import { type Bytes, type ChannelId, type Params, parseBytes, type SignedState, type State } from '@perun-watcher/core'
import { fromPublicKey } from 'ox/Address'
import { getPublicKey } from 'ox/Secp256k1'
import type { Notary } from '../truth/notary.ts'

type Key = `0x${string}`

const keys: readonly [Key, Key] = [`0x${'a1'.repeat(32)}`, `0x${'b2'.repeat(32)}`]

const addressOf = (privateKey: Key): Address => parseAddress(fromPublicKey(getPublicKey({ privateKey })))

const addresses = keys.map(addressOf)

/** A ledger channel between the honest party and the cheater, with all of its states so far. */
export interface Channel {
  readonly id: ChannelId
  readonly params: Params
  readonly states: readonly SignedState[]
  readonly newest: SignedState
  /** Both sign the next state. @param isFinal nothing follows it. */
  update(isFinal?: boolean): SignedState
}

export interface ChannelOptions {
  readonly nonce: bigint
  readonly durationSeconds: bigint
  readonly holder: Bytes
}

const funds = 1_000n
const nothing = parseBytes('0x')

export function channel(notary: Notary, { nonce, durationSeconds, holder }: ChannelOptions): Channel {
  const params: Params = {
    challengeDuration: durationSeconds,
    nonce,
    participants: addresses.map((address) => ({ address: parseBytes(address), crossChainAddress: nothing })),
    app: undefined,
    ledgerChannel: true,
    virtualChannel: false,
  }
  const id = channelId(params)

  function signedAt(version: bigint, isFinal: boolean): SignedState {
    const mine = version % (funds + 1n)
    const state: State = {
      channelId: id,
      version,
      outcome: {
        assets: [{ chainId: 1n, holder, crossChainHolder: nothing }],
        backends: [1n],
        balances: [[mine, funds - mine]],
        locked: [],
      },
      appData: nothing,
      isFinal,
    }
    return notary.signed(params, state, keys)
  }

  let newest = signedAt(0n, false)
  const states = [newest]
  return {
    id,
    params,
    states,
    get newest() {
      return newest
    },
    update(isFinal = false) {
      newest = signedAt(newest.state.version + 1n, isFinal)
      states.push(newest)
      return newest
    },
  }
}
