import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Hex, type SignedState, WatcherError } from '@perun-watcher/core'
import { type Devnet, devKey, startDevnet } from '@perun-watcher/devnet'
import { perunBytecode } from '@perun-watcher/real'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileAbi } from '../../src/codec/abi-type.ts'
import { abiWriter } from '../../src/codec/abi-writer.ts'
import { callData } from '../../src/codec/hex.ts'
import { paramsToAbi, stateToAbi } from '../../src/codec/to-abi.ts'
import { v1Selectors, v1Types } from '../../src/codec/v1-abi.ts'
import { v1 } from '../../src/internal.ts'
import { conclusionGas } from '../../src/limits/conclusion-gas.ts'
import { ledgerLimits } from '../../src/limits/ledger-limits.ts'
import { registrationSizes } from '../../src/limits/registration-sizes.ts'
import { keyOf, sign } from '../codec/sign.ts'
import { familyOf, type Shape } from './shapes.ts'

/*
 * What settles a channel: `conclude` of the tree that is registered, and `concludeFinal` of a single channel. On the published
 * bytecode where it can be fetched, or on ours. For each asset one participant has paid in for all, so that everybody else gets
 * a storage slot: the dearest that can be.
 */

let devnet: Devnet
const mostAssets = 50

async function rpc(method: string, ...params: readonly string[]): Promise<void> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(devnet.rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  if (!response.ok) throw new WatcherError('CHAIN_UNREACHABLE', method)
}

const word = (hex: string): string => hex.replace('0x', '').padStart(64, '0')
const hashOf = (...words: readonly string[]): Hex =>
  `0x${Buffer.from(keccak_256(Buffer.from(words.map(word).join(''), 'hex'))).toString('hex')}`

/** Where a holder keeps the adjudicator that it obeys, and the mapping of what it holds. */
const [holdingsSlot, adjudicatorSlot] = ['0', '2']

beforeAll(async () => {
  const found = await perunBytecode()
  const code = 'missing' in found ? {} : { Adjudicator: found.adjudicator, AssetHolderETH: found.assetHolderEth }
  devnet = await startDevnet({ code, hardfork: 'prague', args: ['--gas-limit', '900000000'] })
  const holder = await devnet.client.getCode({ address: devnet.contracts.assetHolder })
  for (const { holder: address } of familyOf(0, { assets: mostAssets })[0].state.outcome.assets) {
    await rpc('anvil_setCode', address, holder ?? '0x')
    const adjudicator = `0x${word(devnet.contracts.adjudicator)}`
    await rpc('anvil_setStorageAt', address, `0x${word(adjudicatorSlot)}`, adjudicator)
  }
}, 120_000)

afterAll(() => devnet.stop())

const concludeWriter = abiWriter(compileAbi(v1Types.conclude))

function concludeInput([root, ...rest]: readonly [SignedState, ...SignedState[]]): Hex {
  const subStates = rest.map(({ state }) => stateToAbi(state))
  const values = { params: paramsToAbi(root.params), state: stateToAbi(root.state), subStates }
  return callData(v1Selectors.conclude, concludeWriter.encode(values))
}

function finalOf({ params, state }: SignedState): SignedState {
  const final = { ...state, isFinal: true }
  return { params, state: final, sigs: params.participants.map((_, at) => sign(keyOf((at % 200) + 1), final)) }
}

async function payIn({ params, state }: SignedState): Promise<void> {
  const fundingId = hashOf(state.channelId, params.participants[0]?.address ?? '0x')
  for (const { holder } of state.outcome.assets) {
    await rpc('anvil_setStorageAt', holder, hashOf(fundingId, holdingsSlot), `0x7f${'ff'.repeat(31)}`)
  }
}

async function gasOf(data: Hex): Promise<bigint> {
  const sent = await devnet.send(devKey(0), { to: devnet.contracts.adjudicator, data }, { gas: 400_000_000n })
  // Just after it went back to a snapshot, anvil may leave what comes waiting until somebody asks for a block.
  await devnet.anvil.mine()
  return (await sent.wait()).gasUsed
}

const shapes: readonly [string, number, Shape, Shape?][] = [
  ['a plain channel', 0, {}],
  ['10 assets', 0, { assets: 10 }],
  ['50 assets', 0, { assets: 50 }],
  ['20 participants', 0, { participants: 20 }],
  ['10 participants and 5 assets', 0, { participants: 10, assets: 5, crossChain: 0 }],
  ['20 participants and 20 assets', 0, { participants: 20, assets: 20 }],
  ['20 participants and 40 assets', 0, { participants: 20, assets: 40 }],
  ['20 participants with long addresses and 10 assets', 0, { participants: 20, assets: 10, crossChain: 1_024 }],
  ['150 participants and 3 assets', 0, { participants: 150, assets: 3 }],
  ['30 kB of app data', 0, { appData: 30_000 }],
  ['3 locks of 20 participants and 20 assets', 3, { participants: 20, assets: 20 }],
]

const loose: readonly [string, number, Shape, Shape?][] = [
  ['one lock', 1, {}],
  ['50 locks', 50, {}],
  ['12 locks of 10 participants and 5 assets', 12, { participants: 10, assets: 5 }],
  ['3 large locks below a channel of two', 3, { participants: 20, assets: 20 }, { participants: 2, assets: 20 }],
  ['10 locks with app data', 10, { appData: 4_000 }],
]

describe('gas of settling', () => {
  const all = [...shapes.map((each) => ({ each, most: 1.2 })), ...loose.map((each) => ({ each, most: 3 }))]
  it.each(all)('is never more than counted, nor far below: $each.0', async ({ each: [, below, shape, root], most }) => {
    const tree = familyOf(below, shape, root)
    const sizes = registrationSizes(ledgerLimits())
    const counted = tree.reduce((sum, each) => sum + (sizes.sizeOf(each).settling ?? 0n), sizes.envelope.work)
    const [top, ...rest] = tree
    await payIn(top)
    const before = await devnet.anvil.snapshot()
    const final = rest.length === 0 ? await gasOf(v1.encodeConcludeFinal(finalOf(top))) : 0n
    await devnet.anvil.revert(before)
    await gasOf(v1.encodeRegister(top, rest))
    await devnet.anvil.mine({ blocks: 2, secondsPerBlock: 7_300 })
    const conclude = await gasOf(concludeInput(tree))
    const needed = final > conclude ? final : conclude
    expect(counted).toBeGreaterThanOrEqual(needed)
    // Where no node estimates it. Never below what holders as Perun's take, or it would be included in vain.
    if (rest.length === 0) expect(conclusionGas(sizes, top)).toBeGreaterThanOrEqual(final)
    expect(Number(counted) / Number(needed)).toBeLessThan(most)
  })
})
