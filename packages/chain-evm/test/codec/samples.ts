import { type Hex, type Params, parseSignedState, parseState, type SignedState, type State } from '@perun-watcher/core'
import fc from 'fast-check'

// Random channels for property tests, and the three channels of which Perun's contract was asked by hand.

const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength, maxLength }).map((array): Hex => `0x${Buffer.from(array).toString('hex')}`)
const uint = (bits: number): fc.Arbitrary<bigint> =>
  fc.oneof(fc.bigInt({ min: 0n, max: 1000n }), fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }))
const listOf = <T>(item: fc.Arbitrary<T>, maxLength = 4): fc.Arbitrary<T[]> => fc.array(item, { maxLength })
const address = bytes(20, 20)
const noZeroAddress = address.filter((value) => BigInt(value) !== 0n)

const params = fc.record({
  challengeDuration: uint(256),
  nonce: uint(256),
  participants: listOf(fc.record({ address, crossChainAddress: bytes(0, 70) })),
  app: fc.option(noZeroAddress, { nil: undefined }),
  ledgerChannel: fc.boolean(),
  virtualChannel: fc.boolean(),
})

const state = fc.record({
  channelId: bytes(32, 32),
  version: uint(64),
  outcome: fc.record({
    assets: listOf(fc.record({ chainId: uint(256), holder: address, crossChainHolder: bytes(0, 70) })),
    backends: listOf(uint(256)),
    balances: listOf(listOf(uint(256))),
    locked: listOf(
      fc.record({
        channelId: bytes(32, 32),
        balances: listOf(uint(256)),
        indexMap: listOf(fc.integer({ min: 0, max: 65_535 })),
      }),
    ),
  }),
  appData: bytes(0, 100),
  isFinal: fc.boolean(),
})

/** Signed states of any shape that core's parsers take, dimensions and signatures as chance has it. */
export const anySignedState: fc.Arbitrary<SignedState> = fc
  .record({ params, state, sigs: listOf(bytes(0, 70)) })
  .map((value) => parseSignedState(value))

/** States of any shape that core's parsers take. */
export const anyState: fc.Arbitrary<State> = state.map((value) => parseState(value))

const noCrossChain: Hex = `0x${'00'.repeat(32)}`
const participants = ['0x1a642f0e3c3af545e7acbd38b07251b3990914f1', '0x5050a4f4b3f9338c3472dcc01a87c76a144b3c9c']

function sample(
  fields: { readonly nonce: bigint; readonly app?: string; readonly ledgerChannel: boolean },
  state: { readonly channelId: string; readonly version: bigint; readonly balances: readonly bigint[] } & {
    readonly locked?: readonly unknown[]
    readonly appData?: string
  },
): { readonly params: Params; readonly state: State } {
  const assets = [
    { chainId: 1337n, holder: '0x00000000000000000000000000000000000a55e7', crossChainHolder: noCrossChain },
  ]
  const { channelId, version, balances, locked = [], appData = '0x' } = state
  return parseSignedState({
    params: {
      challengeDuration: 3600n,
      participants: participants.map((address) => ({ address, crossChainAddress: noCrossChain })),
      virtualChannel: false,
      app: undefined,
      ...fields,
    },
    state: {
      channelId,
      version,
      outcome: { assets, backends: [1n], balances: [balances], locked },
      appData,
      isFinal: false,
    },
    sigs: [],
  })
}

/** 32 times this byte is the private key of participant 0, 1 of the samples. */
export const sampleKeyBytes = [0x01, 0x02]

const ether = 10n ** 18n

const subId = '0x09eab33e7eedd74163ab4f800cfc12e9eee9e61ace0495d5f59cf9e12892493e'

/** A channel, its id, the hash of its state and what encoding the two is known to give. */
export const l1 = {
  ...sample(
    { nonce: 0xb0b0facen, ledgerChannel: true },
    {
      channelId: '0x1bd265a472da6c05173e0c488ee98f85c9b720fb34156bbc4b9155045e8ff2f2',
      version: 5n,
      balances: [10n * ether, 20n * ether],
    },
  ),
  stateHash: '0x26150ce5a9a0d2d4018d8e4fbc88767930fd7d3177a402186c97374964a46bdc',
}

export const sub = {
  ...sample({ nonce: 2n, ledgerChannel: false }, { channelId: subId, version: 3n, balances: [1n, 2n] }),
  stateHash: '0x7c7682ce09144f3dcaa14a9f72018bcaba1693dd8b9d21c9982a7385dc481151',
}

/** Locks {@link sub}. */
export const l2 = {
  ...sample(
    { nonce: 1n, app: '0x00000000000000000000000000000000000000aa', ledgerChannel: true },
    {
      channelId: '0x06b78d8fa7ea30f4e88b310d4596f641949f32c9f4f5418449d8ad5e5a3b500c',
      version: 7n,
      balances: [10n * ether, 20n * ether],
      locked: [{ channelId: subId, balances: [3n], indexMap: [0, 1] }],
      appData: '0x00',
    },
  ),
  stateHash: '0xeae4c7dd3976d327bfa6aabd64c443b39af2bc4b7dcf3c486948c01c1d06cff7',
}
