import {
  type Hex,
  type Params,
  parseBytes,
  parseSignature,
  parseSignedState,
  type SignedState,
} from '@perun-watcher/core'
import { channelId } from '../../src/codec/hash.ts'
import { keyOf, sign } from '../codec/sign.ts'
import { addressOfKey } from './keys.ts'

/** A channel of any shape, signed by all: what is asked for is as large as it can be, and nothing of it is zero. */
export interface Shape {
  readonly participants?: number
  readonly assets?: number
  readonly appData?: number
  /** Bytes of each address and holder on another ledger. */
  readonly crossChain?: number
  readonly hasApp?: boolean
  readonly locks?: readonly SignedState[]
  readonly isRoot?: boolean
  /** Default true; otherwise the signatures are as long, and nobody's. */
  readonly isSigned?: boolean
}

let nonces = 0n

const filled = (bytes: number): Hex => `0x${'ff'.repeat(bytes)}`

/** @returns the channel; its funds are one row of the same amount for everybody, per asset. */
export function channelOf(shape: Shape = {}): SignedState {
  const { participants = 2, assets = 1, appData = 0, crossChain = 32, hasApp = false, locks = [] } = shape
  const { isRoot = true, isSigned = true } = shape
  const keys = Array.from({ length: participants }, (_, index) => keyOf((index % 200) + 1))
  nonces += 1n
  const params: Params = {
    challengeDuration: 3_600n,
    nonce: 2n ** 255n + nonces,
    participants: keys.map((key) => ({
      address: addressOfKey(key),
      crossChainAddress: parseBytes(filled(crossChain)),
    })),
    app: hasApp ? parseBytes(filled(20)) : undefined,
    ledgerChannel: isRoot,
    virtualChannel: false,
  }
  // Large, but so that sixty channels below one root do not exceed 256 bits.
  const amount = 2n ** 230n - 1n
  const state = parseSignedState({
    params,
    state: {
      channelId: channelId(params),
      version: 2n ** 63n,
      outcome: {
        assets: Array.from({ length: assets }, (_, index) => ({
          chainId: 31_337n,
          holder: `0x${(index + 1).toString(16).padStart(40, 'f')}`,
          crossChainHolder: filled(crossChain),
        })),
        backends: Array.from({ length: assets }, () => 1n),
        balances: Array.from({ length: assets }, () => Array.from({ length: participants }, () => amount)),
        locked: locks.map(({ params: below, state: { channelId: id, outcome } }) => ({
          channelId: id,
          balances: outcome.balances.map((row, asset) =>
            outcome.locked.reduce(
              (sum, lock) => sum + (lock.balances[asset] ?? 0n),
              row.reduce((sum, balance) => sum + balance, 0n),
            ),
          ),
          indexMap: below.participants.map((_, index) => index % participants),
        })),
      },
      appData: filled(appData),
      isFinal: false,
    },
    sigs: [],
  }).state
  return { params, state, sigs: keys.map((key) => (isSigned ? sign(key, state) : parseSignature(filled(65)))) }
}

/** The ledger channel with so many channels of a shape below it, in the order of a registration. */
export function familyOf(below: number, shape: Shape = {}, root: Shape = {}): readonly [SignedState, ...SignedState[]] {
  const children = Array.from({ length: below }, () => channelOf({ ...shape, isRoot: false }))
  return [channelOf({ ...shape, ...root, locks: children }), ...children]
}
