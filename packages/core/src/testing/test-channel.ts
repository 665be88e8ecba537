import type { ChannelId } from '../model/brand.ts'
import type { Asset, Params, SignedState, State, SubAlloc } from '../model/channel.ts'
import { parseBytes } from '../validation/parse-hex.ts'
import { modelChannelId, modelSigned } from './model-crypto.ts'

const alice = parseBytes(`0x${'a1'.repeat(20)}`)
const bob = parseBytes(`0x${'b0'.repeat(20)}`)
const nothing = parseBytes('0x')
const app = parseBytes(`0x${'99'.repeat(20)}`)
const asset: Asset = { chainId: 1n, holder: parseBytes(`0x${'55'.repeat(20)}`), crossChainHolder: nothing }

export interface TestChannelOptions {
  /** The challenge duration in seconds. Default 600. */
  readonly duration?: bigint
  readonly hasApp?: boolean
  /** Default `ledger`. */
  readonly kind?: 'ledger' | 'sub' | 'virtual'
  /** Total funds, all of one asset. Default 1000. */
  readonly funds?: bigint
}

/** A test channel between Alice and Bob, with every state of it signed by both. */
export interface TestChannel {
  readonly id: ChannelId
  readonly params: Params
  readonly funds: bigint
  /**
   * A state that gives Alice as many coins as its version, and Bob what is left after the locks.
   */
  signed(
    version: bigint,
    options?: { readonly locks?: readonly TestChannel[]; readonly isFinal?: boolean },
  ): SignedState
}

let nonces = 0n

/** A new channel, different from all others of this process. */
export function testChannel(options: TestChannelOptions = {}): TestChannel {
  const { duration = 600n, hasApp = false, kind = 'ledger', funds = 1000n } = options
  nonces += 1n
  const params: Params = {
    challengeDuration: duration,
    nonce: nonces,
    participants: [alice, bob].map((address) => ({ address, crossChainAddress: nothing })),
    app: hasApp ? app : undefined,
    ledgerChannel: kind === 'ledger',
    virtualChannel: kind === 'virtual',
  }
  const id = modelChannelId(params)
  return {
    id,
    params,
    funds,
    signed(version, { locks = [], isFinal = false } = {}) {
      const locked = locks.map(
        (child): SubAlloc => ({ channelId: child.id, balances: [child.funds], indexMap: [0, 1] }),
      )
      const free = funds - locked.reduce((sum, { balances: [locked = 0n] }) => sum + locked, 0n)
      const toAlice = version % (free + 1n)
      const state: State = {
        channelId: id,
        version,
        outcome: { assets: [asset], backends: [1n], balances: [[toAlice, free - toAlice]], locked },
        appData: nothing,
        isFinal,
      }
      return modelSigned(params, state)
    },
  }
}
