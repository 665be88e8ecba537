import { type Abi, type Hex, keccak256, size, toEventSelector, toFunctionSelector } from 'viem'
import { expect, test } from 'vitest'
import { adjudicatorAbi, appAbi, assetHolderAbi, relayAbi, tokenAbi, tokenHolderAbi } from '../src/abi.ts'
import { registerInput } from '../src/actor.ts'
import { loadArtifacts } from '../src/artifacts.ts'
import { addressOf, channelId, signState, stateHash } from '../src/codec.ts'
import { NO_APP, NO_CC, type Params, type SignedState, type State, type SubAlloc } from '../src/model.ts'

const keys: readonly Hex[] = [`0x${'01'.repeat(32)}`, `0x${'02'.repeat(32)}`]

function params(fields: Pick<Params, 'nonce' | 'ledgerChannel'> & { app?: Hex; ccAddress?: Hex }): Params {
  const { app = NO_APP, ccAddress = NO_CC, ...rest } = fields
  const participants = keys.map((key) => ({ ethAddress: addressOf(key), ccAddress }))
  return { challengeDuration: 3600n, participants, app, virtualChannel: false, ...rest }
}

function state(
  of: Params,
  version: bigint,
  balances: readonly bigint[],
  { locked = [], appData = '0x' }: { locked?: readonly SubAlloc[]; appData?: Hex } = {},
): State {
  const asset = { chainID: 1337n, ethHolder: '0x00000000000000000000000000000000000a55e7', ccHolder: NO_CC } as const
  const outcome = { assets: [asset], backends: [1n], balances: [balances], locked }
  return { channelID: channelId(of), version, outcome, appData, isFinal: false }
}

async function signed(of: Params, at: State): Promise<SignedState> {
  return { params: of, state: at, sigs: await Promise.all(keys.map((key) => signState(key, at))) }
}

const ether = 10n ** 18n
const l1 = params({ nonce: 0xb0b0facen, ledgerChannel: true })
const sub = params({ nonce: 2n, ledgerChannel: false })
const l2 = params({ nonce: 1n, ledgerChannel: true, app: '0x00000000000000000000000000000000000000aa' })
const l1State = state(l1, 5n, [10n * ether, 20n * ether])
const subState = state(sub, 3n, [1n, 2n])
const l2State = state(l2, 7n, [10n * ether, 20n * ether], {
  locked: [{ ID: channelId(sub), balances: [3n], indexMap: [0, 1] }],
  appData: '0x00',
})

test('a ledger channel: id, state hash, signature', async () => {
  expect(channelId(l1)).toBe('0x1bd265a472da6c05173e0c488ee98f85c9b720fb34156bbc4b9155045e8ff2f2')
  expect(stateHash(l1State)).toBe('0x26150ce5a9a0d2d4018d8e4fbc88767930fd7d3177a402186c97374964a46bdc')
  expect((await signed(l1, l1State)).sigs[0]).toBe(
    '0x37196bdb8e568c2f320b6f88de4e4878efa1f5603b24d6d1dfd252b053674f6631f1f01f79707f01478cd104019184c27c7a52b34e81285cc25d999dd947b50d1c',
  )
})

test('an empty ccAddress makes another channel', () => {
  const other = params({ nonce: 0xb0b0facen, ledgerChannel: true, ccAddress: '0x' })
  expect(channelId(other)).toBe('0x9eb795c02b1a92869316e70bc67cf8eb667ee75452bd813f1d05f2527cb776ce')
})

test('a sub-channel, and a ledger channel that locks it', () => {
  expect(channelId(sub)).toBe('0x09eab33e7eedd74163ab4f800cfc12e9eee9e61ace0495d5f59cf9e12892493e')
  expect(stateHash(subState)).toBe('0x7c7682ce09144f3dcaa14a9f72018bcaba1693dd8b9d21c9982a7385dc481151')
  expect(channelId(l2)).toBe('0x06b78d8fa7ea30f4e88b310d4596f641949f32c9f4f5418449d8ad5e5a3b500c')
  expect(stateHash(l2State)).toBe('0xeae4c7dd3976d327bfa6aabd64c443b39af2bc4b7dcf3c486948c01c1d06cff7')
})

test('the input of register', async () => {
  const alone = registerInput(await signed(l1, l1State))
  expect(size(alone)).toBe(1892)
  expect(keccak256(alone)).toBe('0xba5c2e669de3916bf9febff7561474a4afd15fb2c85ec9a8e80c81a5d5d88767')
  const tree = registerInput(await signed(l2, l2State), [await signed(sub, subState)])
  expect(size(tree)).toBe(4036)
  expect(keccak256(tree)).toBe('0xe4a49be5a4f868594f9f31dbc8ffd391b4eedb300586b8459cb235fddc276381')
})

test('selectors and topics are those of generation v1', () => {
  const items: Abi = [...adjudicatorAbi, ...assetHolderAbi, ...appAbi]
  const selectors = items.flatMap((item) => {
    if (item.type === 'function') return [[item.name, toFunctionSelector(item)]]
    return item.type === 'event' ? [[item.name, toEventSelector(item)]] : []
  })
  expect(Object.fromEntries(selectors)).toEqual({
    register: '0xe9aa7e02',
    progress: '0x4c8a2c90',
    conclude: '0xe7c01d05',
    concludeFinal: '0x75a87223',
    channelID: '0xdb77bb27',
    hashState: '0x7a114d3d',
    disputes: '0x11be1997',
    ChannelUpdate: '0x895ef5a5fc3efd313a300b006d6ce97ff0670dfe04f6eea90417edf924fa786b',
    adjudicator: '0x53c2ed8e',
    holdings: '0xae9ee18c',
    settled: '0xd945af1d',
    deposit: '0x1de26e16',
    setOutcome: '0x295482ce',
    withdraw: '0xfca0f778',
    OutcomeSet: expect.stringMatching(/^0xef898d6c.*68b8$/),
    Deposited: expect.stringMatching(/^0xcd2fe072.*48a9$/),
    Withdrawn: expect.stringMatching(/^0xd0b6e7d0.*2a81$/),
    validTransition: '0xf7530b41',
  })
})

test.each([
  ['Adjudicator', adjudicatorAbi],
  ['AssetHolderETH', assetHolderAbi],
  ['AssetHolderERC20', tokenHolderAbi],
  ['PerunToken', tokenAbi],
  ['Relay', relayAbi],
] as const)('the compiler sees the same interface of %s', (name, abi) => {
  const compiled = loadArtifacts()(name)
    .abi.items()
    .map((item) => shape(item.raw()))
  const written: readonly unknown[] = abi
  expect(written.map(shape).sort()).toEqual(compiled.sort())
})

/** An ABI item as text, without the compiler's own names for types and in no particular order of fields. */
function shape(item: unknown): string {
  if (Array.isArray(item)) return `[${item.map(shape).join()}]`
  if (typeof item !== 'object' || item === null) return JSON.stringify(item)
  const fields = Object.entries(item)
    .filter(([key, value]) => key !== 'internalType' && value !== false)
    .filter(([key, value]) => !(key === 'anonymous' || (key === 'name' && value === '')))
    .map(([key, value]) => `${key}:${shape(value)}`)
  return `{${fields.sort().join()}}`
}
