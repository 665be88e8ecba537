import { encodeFunctionData, type Hex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { assetHolderAbi, relayAbi } from '../src/abi.ts'
import { type Actor, createActor, registerInput } from '../src/actor.ts'
import { type Channel, openChannel } from '../src/channel.ts'
import { type Devnet, startDevnet } from '../src/devnet.ts'
import { devKey } from '../src/keys.ts'
import { NO_CC } from '../src/model.ts'
import { readChannelUpdates, readDispute } from '../src/reads.ts'
import { outcome } from './support/outcome.ts'

let devnet: Devnet
let mallory: Actor
let alice: Actor

beforeAll(async () => {
  devnet = await startDevnet()
  mallory = await createActor(devnet, devKey(1))
  alice = await createActor(devnet, devKey(2))
})
afterAll(() => devnet.stop())

function open(): Channel {
  return openChannel(devnet, { actors: [mallory, alice], balances: [10n, 20n], challengeDuration: 60n })
}

const inputOf = async (hash: Hex): Promise<Hex> => (await devnet.client.getTransaction({ hash })).input

test('a registration through the relay is hidden from whoever reads top-level input', async () => {
  const channel = open()
  const signed = await channel.signed(channel.state(3n))
  const { transactionHash } = await devnet.confirm(mallory.registerThroughRelay(signed))
  expect(await readChannelUpdates(devnet, { channelId: channel.id })).toMatchObject([{ version: 3n, transactionHash }])
  const transaction = await devnet.client.getTransaction({ hash: transactionHash })
  expect(transaction.to?.toLowerCase()).toBe(devnet.contracts.relay.toLowerCase())
  expect(transaction.input.startsWith(registerInput(signed).slice(0, 10))).toBe(false)
})

test.each(['nothing at all', 'the registration of a newer state', 'bytes that mean nothing'])(
  'a registration disguised as %s',
  async (disguise) => {
    const channel = open()
    const newer = registerInput(await channel.signed(channel.state(9n)))
    const input: Hex = disguise === 'nothing at all' ? '0x' : disguise.startsWith('the') ? newer : '0x010203'
    const { transactionHash } = await devnet.confirm(
      mallory.registerDisguised(input, await channel.signed(channel.state(1n))),
    )
    expect(await inputOf(transactionHash)).toBe(input)
    expect(await readDispute(devnet, channel.id)).toMatchObject({ version: 1n })
  },
)

test('the relay reverts with the words of the contract it calls', async () => {
  const channel = open()
  const unsigned = { params: channel.params, state: channel.state(1n), sigs: [] }
  expect(await outcome(devnet, mallory.registerThroughRelay(unsigned))).toBe('signatures length mismatch')
  expect(await outcome(devnet, mallory.registerDisguised('0x', unsigned))).toBe('signatures length mismatch')
})

test('an armed call is spent by its first use, and belongs to its sender', async () => {
  const channel = open()
  const to = devnet.contracts.relay
  await devnet.confirm(mallory.registerDisguised('0x', await channel.signed(channel.state(1n))))
  expect(await outcome(devnet, mallory.send({ to }))).toBe('Relay: not armed')
  expect(await outcome(devnet, alice.send({ to }))).toBe('Relay: not armed')
})

test('many calls in one transaction, all or none', async () => {
  const [a, b] = [open(), open()]
  const { adjudicator, relay } = devnet.contracts
  const inputs = await Promise.all([a, b].map(async (c) => registerInput(await c.signed(c.state(1n)))))
  const multi = (targets: readonly Hex[], data: readonly Hex[]): Promise<string> => {
    const input = encodeFunctionData({ abi: relayAbi, functionName: 'multi', args: [targets, data] })
    return outcome(devnet, mallory.send({ to: relay, data: input }))
  }
  expect(await multi([adjudicator], inputs)).toBe('Relay: unequal length')
  expect(await multi([adjudicator, adjudicator], inputs.toReversed().with(0, '0x'))).toBe('without a reason')
  expect(await readDispute(devnet, a.id)).toBeUndefined()
  expect(await multi([adjudicator, adjudicator], inputs)).toBe('ok')
  const updates = await readChannelUpdates(devnet, { fromBlock: await devnet.client.getBlockNumber() })
  expect(updates.map(({ channelID }) => channelID)).toEqual([a.id, b.id])
})

test('the relay hands on money', async () => {
  const { assetHolder, relay } = devnet.contracts
  const deposit = encodeFunctionData({ abi: assetHolderAbi, functionName: 'deposit', args: [NO_CC, 5n] })
  const data = encodeFunctionData({ abi: relayAbi, functionName: 'relay', args: [assetHolder, deposit] })
  await devnet.confirm(mallory.send({ to: relay, data, value: 5n }))
  const args = [NO_CC] as const
  const read = { address: assetHolder, abi: assetHolderAbi, functionName: 'holdings', args } as const
  expect(await devnet.client.readContract(read)).toBe(5n)
})
