import type { SignedState } from '@perun-watcher/core'
import { addressOf, createActor, type Devnet, devKey, startDevnet } from '@perun-watcher/devnet'
import { perunBytecode } from '@perun-watcher/real'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Address, parseAddress } from '../../src/index.ts'
import { v1 } from '../../src/internal.ts'
import { ledgerLimits } from '../../src/limits/ledger-limits.ts'
import { registrationSizes } from '../../src/limits/registration-sizes.ts'
import { channelOf, familyOf, type Shape } from './shapes.ts'

let devnet: Devnet
/** Perun's own; `undefined` where it cannot be fetched. */
let published: Address | undefined

beforeAll(async () => {
  devnet = await startDevnet({ args: ['--gas-limit', '900000000'] })
  const bytecode = await perunBytecode()
  if ('missing' in bytecode) return
  const deployer = await createActor(devnet, devKey(1))
  const { contractAddress } = await (await deployer.send({ data: bytecode.adjudicator })).wait()
  if (contractAddress) published = parseAddress(contractAddress)
})

afterAll(() => devnet.stop())

type Tree = readonly [SignedState, ...SignedState[]]

/** Each channel locks the next. */
function nested(depth: number, shape: Shape): Tree {
  const deepest = channelOf({ ...shape, isRoot: depth === 0 })
  let tree: Tree = [deepest]
  for (let left = depth; left > 0; left--) {
    tree = [channelOf({ ...shape, locks: [tree[0]], isRoot: left === 1 }), ...tree]
  }
  return tree
}

const trees: readonly [string, () => Tree][] = [
  ['6 below each other, 40 assets', () => nested(6, { assets: 40, crossChain: 0 })],
  ['10 below each other, 25 assets', () => nested(10, { assets: 25, crossChain: 0 })],
  ['20 below each other, 12 assets', () => nested(20, { assets: 12, crossChain: 0 })],
  ['10 beside each other, 20 assets', () => familyOf(10, { assets: 20, crossChain: 0 })],
  ['2 of 60 kB of app data', () => nested(1, { appData: 60_000 })],
]

describe('D1: gas of a registration on the published bytecode', () => {
  it.each(trees)('is never more than counted: %s', async (_, tree) => {
    const [root, ...rest] = tree()
    const sizes = registrationSizes(ledgerLimits())
    const counted = [root, ...rest].reduce((sum, each) => sum + sizes.sizeOf(each).work, sizes.envelope.work)
    const account = addressOf(devKey(0))
    const to = published ?? devnet.contracts.adjudicator
    const data = v1.encodeRegister(root, rest)
    const needed = await devnet.client.estimateGas({ account, to, data, gas: 900_000_000n })
    expect(counted).toBeGreaterThanOrEqual(needed)
  })
})
