import {
  type Actor,
  adjudicatorAbi,
  assetHolderAbi,
  createActor,
  type Devnet,
  devKey,
  etherOf,
  fundingId,
  openChannel,
  readHoldings,
  readSettled,
  readTokens,
  type Sent,
  startDevnet,
  TransactionReverted,
  tokenAbi,
  tokenOf,
  tokensPerAccount,
} from '@perun-watcher/devnet'
import { decodeEventLog, encodeFunctionData, type Hex, parseAbi } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onBothContracts } from './support/on-contracts.ts'

const most = 2n ** 256n - 1n
const nobody: Hex = `0x${'00'.repeat(20)}`
const receiver: Hex = `0x${'ab'.repeat(20)}`
const someChannel: Hex = `0x${'11'.repeat(32)}`
const logs = [...adjudicatorAbi, ...tokenAbi, ...assetHolderAbi]

/** The logs of a transaction in their order, each with its amount; or what the contract said when it refused. */
async function said(devnet: Devnet, sent: Promise<Sent>): Promise<string> {
  try {
    const receipt = await devnet.confirm(sent)
    const texts = receipt.logs.map(({ topics, data }) => {
      const { eventName, args } = decodeEventLog({ abi: logs, topics, data })
      if ('value' in args) return `${eventName} ${args.value === most ? 'most' : args.value}`
      return 'amount' in args ? `${eventName} ${args.amount}` : eventName
    })
    return texts.join(', ')
  } catch (error) {
    if (error instanceof TransactionReverted) return error.reason
    throw error
  }
}

await onBothContracts((code) => {
  let devnet: Devnet
  let alice: Actor
  let bob: Actor

  beforeAll(async () => {
    devnet = await startDevnet({ code })
    ;[alice, bob] = [await createActor(devnet, devKey(1)), await createActor(devnet, devKey(2))]
  })
  afterAll(() => devnet?.stop())

  type TokenCall = Parameters<typeof encodeFunctionData<typeof tokenAbi>>[0]

  const ask = (who: Actor, call: Omit<TokenCall, 'abi'>): Promise<string> =>
    said(devnet, who.send({ to: devnet.contracts.token, data: encodeFunctionData({ abi: tokenAbi, ...call }) }))

  /** Without leave for it. */
  const deposit = (amount: bigint, value = 0n): Promise<string> => {
    const args = [fundingId(someChannel, alice.address), amount] as const
    const data = encodeFunctionData({ abi: assetHolderAbi, functionName: 'deposit', args })
    return said(devnet, alice.send({ to: devnet.contracts.tokenHolder, data, value }))
  }

  const approve = (spender: Hex, amount: bigint): Promise<string> =>
    ask(alice, { functionName: 'approve', args: [spender, amount] })

  test('each of the well-known accounts owns tokens; the holder knows its token', async () => {
    const { client, contracts } = devnet
    const token = { address: contracts.token, abi: tokenAbi } as const
    expect(await client.readContract({ ...token, functionName: 'symbol' })).toBe('PRN')
    expect(await client.readContract({ ...token, functionName: 'name' })).toBe('PerunToken')
    expect(await client.readContract({ ...token, functionName: 'decimals' })).toBe(18)
    expect(await client.readContract({ ...token, functionName: 'totalSupply' })).toBe(10n * tokensPerAccount)
    expect(await readTokens(devnet, bob.address)).toBe(tokensPerAccount)
    const abi = parseAbi(['function token() view returns (address)'])
    expect(await client.readContract({ address: contracts.tokenHolder, abi, functionName: 'token' })).toBe(
      token.address,
    )
  })

  test('the token moves what its owner owns and allows', async () => {
    const [from, to] = [alice.address, bob.address]
    const move = (...args: [Hex, Hex, bigint]) => ask(bob, { functionName: 'transferFrom', args })
    const raise = (amount: bigint) => ask(alice, { functionName: 'increaseAllowance', args: [to, amount] })
    const lower = (amount: bigint) => ask(alice, { functionName: 'decreaseAllowance', args: [to, amount] })
    const pay = (whom: Hex, amount: bigint) => ask(alice, { functionName: 'transfer', args: [whom, amount] })

    expect(await pay(to, 5n)).toBe('Transfer 5')
    expect(await pay(nobody, 5n)).toBe('ERC20: transfer to the zero address')
    expect(await pay(to, most)).toBe('ERC20: transfer amount exceeds balance')
    expect(await approve(nobody, 5n)).toBe('ERC20: approve to the zero address')
    expect(await approve(to, 5n)).toBe('Approval 5')
    expect(await move(from, to, 2n)).toBe('Approval 3, Transfer 2')
    // The leave is looked at before all else.
    expect(await move(from, nobody, most)).toBe('ERC20: transfer amount exceeds allowance')
    expect(await move(from, nobody, 1n)).toBe('ERC20: transfer to the zero address')
    expect(await move(nobody, to, 0n)).toBe('ERC20: approve from the zero address')
    expect(await raise(most)).toBe('panic: arithmetic underflow or overflow (0x11)')
    expect(await raise(1n)).toBe('Approval 4')
    expect(await lower(5n)).toBe('ERC20: decreased allowance below zero')
    expect(await lower(1n)).toBe('Approval 3')
    // Leave without end is not used up.
    expect(await approve(to, most)).toBe('Approval most')
    expect(await move(from, to, 2n)).toBe('Transfer 2')
    expect(await move(from, to, most)).toBe('ERC20: transfer amount exceeds balance')
  })

  test('a deposit needs leave and brings no ether', async () => {
    expect(await deposit(5n, 5n)).toBe('message value must be 0 for token deposit')
    expect(await deposit(0n, 1n)).toBe('message value must be 0 for token deposit')
    expect(await deposit(5n)).toBe('ERC20: transfer amount exceeds allowance')
    expect(await approve(devnet.contracts.tokenHolder, 10n)).toBe('Approval 10')
    expect(await deposit(11n)).toBe('ERC20: transfer amount exceeds allowance')
    expect(await deposit(0n)).toBe('Approval 10, Transfer 0, Deposited 0')
    expect(await deposit(10n)).toBe('Approval 0, Transfer 10, Deposited 10')
    expect(await approve(devnet.contracts.tokenHolder, most)).toBe('Approval most')
    // It is added up before it is taken.
    expect(await deposit(most)).toBe('panic: arithmetic underflow or overflow (0x11)')
    expect(await deposit(most - 10n)).toBe('ERC20: transfer amount exceeds balance')
    expect(await approve(devnet.contracts.tokenHolder, 0n)).toBe('Approval 0')
    expect(await readHoldings(devnet, someChannel, alice.address, tokenOf(devnet))).toBe(10n)
  })

  test('a channel of ether and tokens pays out both', async () => {
    const assets = [etherOf(devnet), tokenOf(devnet)]
    const balances = [
      [10n, 20n],
      [300n, 400n],
    ]
    const channel = openChannel(devnet, { actors: [alice, bob], assets, balances, challengeDuration: 60n })
    await devnet.confirmAll(await channel.fund())
    const owned = await readTokens(devnet, alice.address)
    const kept = await readTokens(devnet, devnet.contracts.tokenHolder)
    const final = channel.state(1n, {
      balances: [
        [25n, 5n],
        [600n, 100n],
      ],
      isFinal: true,
    })
    expect(await said(devnet, alice.concludeFinal(await channel.signed(final)))).toBe(
      'ChannelUpdate, OutcomeSet, OutcomeSet',
    )
    const held = assets.map((asset) =>
      [alice, bob].map((each) => readHoldings(devnet, channel.id, each.address, asset)),
    )
    expect(await Promise.all(held.map((row) => Promise.all(row)))).toEqual(final.outcome.balances)
    expect(await Promise.all(assets.map((asset) => readSettled(devnet, channel.id, asset)))).toEqual([true, true])

    const pay = (to: Hex, amount?: bigint): Promise<string> =>
      said(
        devnet,
        alice.withdraw({
          channelId: channel.id,
          asset: tokenOf(devnet),
          receiver: to,
          ...(amount === undefined ? {} : { amount }),
        }),
      )
    expect(await pay(nobody, 1n)).toBe('ERC20: transfer to the zero address')
    expect(await pay(alice.address, 601n)).toBe('insufficient funds')
    // Tokens ask nobody whether he takes them.
    expect(await pay(devnet.contracts.relay, 3n)).toBe('Transfer 3, Withdrawn 3')
    expect(await pay(receiver, 0n)).toBe('Transfer 0, Withdrawn 0')
    expect(await pay(receiver)).toBe('Transfer 597, Withdrawn 597')
    expect(await said(devnet, alice.withdraw({ channelId: channel.id, receiver }))).toBe('Withdrawn 25')
    expect(await readTokens(devnet, receiver)).toBe(597n)
    expect(await devnet.client.getBalance({ address: receiver })).toBe(25n)
    expect(await readTokens(devnet, alice.address)).toBe(owned)
    expect(await readTokens(devnet, devnet.contracts.tokenHolder)).toBe(kept - 600n)
  })
})
