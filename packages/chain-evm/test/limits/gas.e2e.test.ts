import { addressOf, type Devnet, devKey, startDevnet } from '@perun-watcher/devnet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { v1 } from '../../src/internal.ts'
import { ledgerLimits } from '../../src/limits/ledger-limits.ts'
import { registrationSizes } from '../../src/limits/registration-sizes.ts'
import { familyOf, type Shape } from './shapes.ts'

let devnet: Devnet

beforeAll(async () => {
  devnet = await startDevnet({ args: ['--gas-limit', '900000000'] })
})

afterAll(() => devnet.stop())

const shapes: readonly [string, number, Shape][] = [
  ['a plain channel', 0, {}],
  ['three assets', 0, { assets: 3 }],
  ['an app', 0, { hasApp: true }],
  ['10 participants and 5 assets', 0, { participants: 10, assets: 5 }],
  ['50 participants', 0, { participants: 50 }],
  ['350 participants', 0, { participants: 350 }],
  ['150 participants and 10 assets', 0, { participants: 150, assets: 10 }],
  ['20 participants and 20 assets', 0, { participants: 20, assets: 20 }],
  ['3 locks of 20 participants and 20 assets', 3, { participants: 20, assets: 20 }],
  ['50 assets', 0, { assets: 50 }],
  ['64 kB of app data', 0, { appData: 65_536, hasApp: true }],
  ['long addresses on other ledgers', 0, { assets: 20, crossChain: 1_024 }],
  ['one lock', 1, {}],
  ['one lock of 20 assets', 1, { assets: 20 }],
  ['20 locks', 20, {}],
  ['55 locks', 55, {}],
  ['12 locks of 10 participants and 5 assets', 12, { participants: 10, assets: 5 }],
  ['30 locks with apps and data', 30, { appData: 1_024, hasApp: true }],
]

describe('D1: gas of a registration', () => {
  it.each(shapes)('is never more than counted, nor far below: %s', async (_, below, shape) => {
    const { work } = await measured(below, shape)
    expect(work.counted).toBeGreaterThanOrEqual(work.needed)
    expect(Number(work.counted) / Number(work.needed)).toBeLessThan(1.4)
  })
})

async function measured(
  below: number,
  shape: Shape,
): Promise<{ readonly work: { readonly counted: bigint; readonly needed: bigint } }> {
  const sizes = registrationSizes(ledgerLimits())
  const [root, ...rest] = familyOf(below, shape)
  const counted = [root, ...rest].reduce((sum, channel) => sum + sizes.sizeOf(channel).work, sizes.envelope.work)
  const { client, contracts } = devnet
  const account = addressOf(devKey(0))
  const data = v1.encodeRegister(root, rest)
  const needed = await client.estimateGas({ account, to: contracts.adjudicator, data, gas: 900_000_000n })
  return { work: { counted, needed } }
}
