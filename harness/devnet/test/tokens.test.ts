import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Actor, createActor } from '../src/actor.ts'
import { etherOf, tokenOf } from '../src/assets.ts'
import { type Channel, openChannel } from '../src/channel.ts'
import { type Devnet, startDevnet, tokensPerAccount } from '../src/devnet.ts'
import { devKey } from '../src/keys.ts'
import { readHoldings, readSettled, readTokens } from '../src/reads.ts'
import { outcome } from './support/outcome.ts'

// What actors do with the devnet's token. What the contracts answer is compared with Perun's in harness/real.

let devnet: Devnet
let alice: Actor
let bob: Actor

beforeAll(async () => {
  devnet = await startDevnet({ automine: false })
  alice = await createActor(devnet, devKey(1))
  bob = await createActor(devnet, devKey(2))
})
afterAll(() => devnet.stop())

function open(balances: readonly (readonly bigint[])[]): Channel {
  const assets = [tokenOf(devnet), etherOf(devnet)]
  return openChannel(devnet, { actors: [alice, bob], assets, balances, challengeDuration: 60n })
}

async function held({ id }: Channel): Promise<readonly (readonly bigint[])[]> {
  const rows = [tokenOf(devnet), etherOf(devnet)].map((asset) =>
    Promise.all([alice, bob].map(({ address }) => readHoldings(devnet, id, address, asset))),
  )
  return await Promise.all(rows)
}

test('channels are funded at the same time, with both assets, and pay out one by one', async () => {
  const balances = [
    [
      [5n, 6n],
      [10n, 0n],
    ],
    [
      [7n, 0n],
      [1n, 2n],
    ],
  ]
  const channels = balances.map(open)
  const funding = await Promise.all(channels.map(({ fund }) => fund()))
  await devnet.confirmAll(funding.flat())
  expect(await Promise.all(channels.map(held))).toEqual(balances)
  expect(await readTokens(devnet, alice.address)).toBe(tokensPerAccount - 12n)

  const [channel = open([])] = channels
  const final = channel.state(1n, { isFinal: true })
  expect(await outcome(devnet, channel.signed(final).then(alice.concludeFinal))).toBe('ok')
  expect(await readSettled(devnet, channel.id, tokenOf(devnet))).toBe(true)
  await devnet.confirm(alice.withdraw({ channelId: channel.id, asset: tokenOf(devnet) }))
  expect(await held(channel)).toEqual([
    [0n, 6n],
    [10n, 0n],
  ])
  expect(await readTokens(devnet, alice.address)).toBe(tokensPerAccount - 7n)
})

test('there is a token, however few accounts are rich', async () => {
  await using poor = await startDevnet({ accounts: 4 })
  expect(await poor.client.getCode({ address: poor.contracts.tokenHolder })).toMatch(/^0x.{100}/)
})

test('who is none of the well-known accounts has ether and no tokens', async () => {
  const stranger = await createActor(devnet, devKey(77))
  const { id } = open([])
  expect(await outcome(devnet, stranger.deposit(id, 1n, { asset: tokenOf(devnet) }))).toBe(
    'ERC20: transfer amount exceeds balance',
  )
  expect(await outcome(devnet, stranger.deposit(id, 1n))).toBe('ok')
})
