import { encodeFunctionData, type Hex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { assetHolderAbi } from '../src/abi.ts'
import { type Actor, createActor } from '../src/actor.ts'
import { etherOf } from '../src/assets.ts'
import { type Channel, openChannel } from '../src/channel.ts'
import { fundingId, signWithdrawal } from '../src/codec.ts'
import { type Devnet, startDevnet } from '../src/devnet.ts'
import { devKey } from '../src/keys.ts'
import { NO_CC, type WithdrawalAuth } from '../src/model.ts'
import { readHoldings } from '../src/reads.ts'
import { outcome } from './support/outcome.ts'

let devnet: Devnet
let alice: Actor
let bob: Actor

beforeAll(async () => {
  devnet = await startDevnet()
  alice = await createActor(devnet, devKey(1))
  bob = await createActor(devnet, devKey(2))
})
afterAll(() => devnet.stop())

function open(): Channel {
  return openChannel(devnet, { actors: [alice, bob], balances: [10n, 20n], challengeDuration: 60n })
}

async function settle(channel: Channel, balances: readonly bigint[] = [25n, 5n]): Promise<void> {
  await devnet.confirm(alice.concludeFinal(await channel.signed(channel.state(1n, { balances, isFinal: true }))))
}

const holdings = (channel: Channel): Promise<bigint[]> =>
  Promise.all([alice, bob].map(({ address }) => readHoldings(devnet, channel.id, address)))

const logs = (blockNumber: bigint) =>
  devnet.client.getContractEvents({
    address: devnet.contracts.assetHolder,
    abi: assetHolderAbi,
    fromBlock: blockNumber,
    toBlock: blockNumber,
    strict: true,
  })

function withdrawal(authorization: WithdrawalAuth, signature: Hex): Promise<string> {
  const data = encodeFunctionData({ abi: assetHolderAbi, functionName: 'withdraw', args: [authorization, signature] })
  return outcome(devnet, bob.send({ to: devnet.contracts.assetHolder, data }))
}

test('funding ids are those of Perun', () => {
  const address = `0x${'00'.repeat(20)}` as const
  expect(fundingId(NO_CC, address)).toBe('0xad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5')
})

test('a deposit adds up, and must come with its money', async () => {
  const channel = open()
  await devnet.confirm(alice.deposit(channel.id, 3n))
  const { blockNumber } = await devnet.confirm(alice.deposit(channel.id, 4n))
  expect(await holdings(channel)).toEqual([7n, 0n])
  const id = fundingId(channel.id, alice.address)
  expect(await logs(blockNumber)).toMatchObject([{ eventName: 'Deposited', args: { fundingID: id, amount: 4n } }])
  const data = encodeFunctionData({ abi: assetHolderAbi, functionName: 'deposit', args: [id, 5n] })
  expect(await outcome(devnet, alice.send({ to: devnet.contracts.assetHolder, data, value: 4n }))).toBe(
    'wrong amount of ETH for deposit',
  )
})

test('an outcome comes from the adjudicator only, once', async () => {
  const args = [open().id, [], []] as const
  const data = encodeFunctionData({ abi: assetHolderAbi, functionName: 'setOutcome', args })
  expect(await outcome(devnet, alice.send({ to: devnet.contracts.assetHolder, data }))).toBe(
    'can only be called by the adjudicator',
  )
})

test('a channel that names the same asset twice cannot be paid out', async () => {
  const assets = [etherOf(devnet), etherOf(devnet)]
  const balances = [[1n], [1n]]
  const channel = openChannel(devnet, { actors: [alice], assets, balances, challengeDuration: 60n })
  const state = channel.state(1n, { isFinal: true })
  expect(await outcome(devnet, alice.concludeFinal(await channel.signed(state)))).toBe(
    'trying to set already settled channel',
  )
})

test('an outcome divides what was deposited', async () => {
  const channel = open()
  await devnet.confirmAll(await channel.fund())
  await settle(channel)
  expect(await logs(await devnet.client.getBlockNumber())).toMatchObject([
    { eventName: 'OutcomeSet', args: { channelID: channel.id } },
  ])
  expect(await holdings(channel)).toEqual([25n, 5n])
})

test('an outcome beyond the deposits leaves them as they are', async () => {
  const channel = open()
  await devnet.confirm(alice.deposit(channel.id, 29n))
  await settle(channel)
  expect(await holdings(channel)).toEqual([29n, 0n])
})

test('an outcome with another number of balances than participants takes the conclusion back', async () => {
  const channel = open()
  const state = channel.state(1n, { balances: [30n], isFinal: true })
  expect(await outcome(devnet, alice.concludeFinal(await channel.signed(state)))).toBe(
    'participants length should equal balances',
  )
})

test('a participant withdraws to anyone, in parts', async () => {
  const channel = open()
  await devnet.confirmAll(await channel.fund())
  await settle(channel)
  const receiver = `0x${'ab'.repeat(20)}` as const
  const { blockNumber } = await devnet.confirm(alice.withdraw({ channelId: channel.id, receiver, amount: 5n }))
  expect(await logs(blockNumber)).toMatchObject([
    {
      eventName: 'Withdrawn',
      args: { fundingID: fundingId(channel.id, alice.address), amount: 5n, receiver: expect.stringMatching(/ab/i) },
    },
  ])
  await devnet.confirm(alice.withdraw({ channelId: channel.id, receiver }))
  expect(await devnet.client.getBalance({ address: receiver })).toBe(25n)
  expect(await holdings(channel)).toEqual([0n, 5n])
})

test('D13: a withdrawal of a channel that is not settled is refused before its participant is decoded', async () => {
  const participant = { ethAddress: alice.address, ccAddress: NO_CC }
  const leave = { channelID: open().id, participant, receiver: alice.address, amount: 1n }
  const args = [leave, '0x'] as const
  const whole = encodeFunctionData({ abi: assetHolderAbi, functionName: 'withdraw', args })
  // The word of the participant's address, with a bit where an address has none.
  const at = 2 + 8 + 64 * 6
  const data: Hex = `0x${whole.slice(2, at)}01${whole.slice(at + 2)}`
  expect(await outcome(devnet, alice.send({ to: devnet.contracts.assetHolder, data }))).toBe('channel not settled')
})

test('withdrawals that are refused', async () => {
  const channel = open()
  await devnet.confirmAll(await channel.fund())
  const participant = { ethAddress: alice.address, ccAddress: NO_CC }
  const mine: WithdrawalAuth = { channelID: channel.id, participant, receiver: alice.address, amount: 25n }
  const signature = await signWithdrawal(alice.privateKey, mine)
  expect(await withdrawal(mine, signature)).toBe('channel not settled')
  await settle(channel)
  expect(await withdrawal(mine, await signWithdrawal(bob.privateKey, mine))).toBe('signature verification failed')
  expect(await withdrawal({ ...mine, receiver: bob.address }, signature)).toBe('signature verification failed')
  expect(await withdrawal(mine, '0x')).toBe('ECDSA: invalid signature length')
  const greedy = { ...mine, amount: 26n }
  expect(await withdrawal(greedy, await signWithdrawal(alice.privateKey, greedy))).toBe('insufficient funds')
  const trap = { ...mine, receiver: devnet.contracts.relay }
  expect(await withdrawal(trap, await signWithdrawal(alice.privateKey, trap))).toBe('without a reason')
  expect(await withdrawal(mine, signature)).toBe('ok')
  expect(await withdrawal(mine, signature)).toBe('insufficient funds')
})
