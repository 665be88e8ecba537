import { parseGwei } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Actor, createActor } from '../src/actor.ts'
import { type Channel, openChannel } from '../src/channel.ts'
import { type Devnet, startDevnet } from '../src/devnet.ts'
import { devKey } from '../src/keys.ts'
import { Phase } from '../src/model.ts'
import { readChannelUpdates, readDispute, readHoldings } from '../src/reads.ts'
import { TransactionReverted } from '../src/transactions.ts'

let devnet: Devnet
let alice: Actor
let bob: Actor

beforeAll(async () => {
  devnet = await startDevnet({ automine: false })
  alice = await createActor(devnet, devKey(1))
  bob = await createActor(devnet, devKey(2))
})
afterAll(() => devnet.stop())

function open(): Channel {
  return openChannel(devnet, { actors: [alice, bob], balances: [10n, 20n], challengeDuration: 60n })
}

test('a channel from its funding to its last withdrawal', async () => {
  const channel = open()
  await devnet.confirmAll(await channel.fund())
  const state = channel.state(4n, { balances: [12n, 18n] })
  await devnet.confirm(bob.register(await channel.signed(state)))
  await devnet.anvil.mine({ secondsPerBlock: 60 })
  await devnet.confirm(alice.conclude({ params: channel.params, state }))
  await devnet.confirmAll([alice.withdraw({ channelId: channel.id }), bob.withdraw({ channelId: channel.id })])
  expect(await readHoldings(devnet, channel.id, alice.address)).toBe(0n)
  expect(await readDispute(devnet, channel.id)).toMatchObject({ phase: Phase.concluded, version: 4n })
})

test('many transactions of one account, sent at once, share a block', async () => {
  const channels = Array.from({ length: 20 }, open)
  const signed = await Promise.all(channels.map((channel) => channel.signed(channel.state(1n))))
  const receipts = await devnet.confirmAll(signed.map((each) => alice.register(each)))
  expect(new Set(receipts.map(({ blockNumber }) => blockNumber)).size).toBe(1)
  const updates = await readChannelUpdates(devnet, { fromBlock: receipts[0]?.blockNumber ?? 0n })
  // In the order of the calls, because nonces are given in that order.
  expect(updates.map(({ channelID }) => channelID)).toEqual(channels.map(({ id }) => id))
})

test('two actors with the same key do not get in each other’s way', async () => {
  const twin = await createActor(devnet, alice.privateKey)
  const sent = [alice, twin, alice, twin].map((actor) => actor.send({ to: bob.address }))
  await devnet.confirmAll(sent)
  const nonces = await Promise.all(
    sent.map(async (each) => (await devnet.client.getTransaction({ hash: (await each).hash })).nonce),
  )
  expect(nonces.map((nonce) => nonce - (nonces[0] ?? 0))).toEqual([0, 1, 2, 3])
})

test('a reverted transaction is mined, and tells why in the error', async () => {
  const channel = open()
  const sent = await alice.conclude({ params: channel.params, state: channel.state(1n) })
  await devnet.anvil.mine()
  const error = await sent.wait().catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(TransactionReverted)
  expect(error).toMatchObject({
    code: 'TRANSACTION_REVERTED',
    reason: 'not registered',
    receipt: { status: 'reverted', transactionHash: sent.hash },
  })
})

test('a transaction that runs out of gas says that', async () => {
  const channel = open()
  const sent = alice.register(await channel.signed(channel.state(1n)), [], { gas: 80_000n })
  await expect(devnet.confirm(sent)).rejects.toMatchObject({ reason: expect.stringMatching(/out of gas/i) })
})

test('a transaction that nobody mines is reported as pending', async () => {
  const sent = await alice.send({ to: bob.address })
  await expect(sent.wait({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'TRANSACTION_PENDING' })
  const abort = new AbortController()
  const waiting = sent.wait({ signal: abort.signal })
  abort.abort()
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  await devnet.confirm(sent)
})

test('a pending transaction is replaced by one with its nonce and higher fees', async () => {
  const nonce = await devnet.client.getTransactionCount({ address: alice.address })
  const cheap = await alice.send({ to: bob.address, value: 1n })
  const fees = { maxFeePerGas: parseGwei('200'), maxPriorityFeePerGas: parseGwei('2') }
  const dear = await alice.send({ to: bob.address, value: 2n }, { nonce, ...fees })
  await devnet.confirm(dear)
  await expect(cheap.wait({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'TRANSACTION_PENDING' })
})

test('a refused transaction holds up none of those after it', async () => {
  const refused = alice.send({ to: bob.address }, { gas: 1n })
  const next = alice.send({ to: bob.address })
  await expect(refused).rejects.toThrow()
  await devnet.confirm(next)
})

test('nonces follow the chain when a reorg or a drop takes transactions away', async () => {
  await devnet.confirm(alice.send({ to: bob.address }))
  await devnet.anvil.reorg(1)
  await devnet.confirm(alice.send({ to: bob.address }))
  const dropped = await alice.send({ to: bob.address })
  await devnet.anvil.dropPending(dropped.hash)
  await devnet.confirm(alice.send({ to: bob.address }))
})

test('an actor that owns nothing is given something', async () => {
  const carol = await createActor(devnet, `0x${'07'.repeat(32)}`)
  await devnet.confirm(carol.send({ to: bob.address, value: 1n }))
})
