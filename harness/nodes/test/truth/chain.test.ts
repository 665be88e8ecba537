import { describe, expect, it } from 'vitest'
import { pendingNonce, takeIntoPool } from '../../src/endpoint/pool-rules.ts'
import { account, gwei, type SmallWorld, smallWorld } from '../support/small-world.ts'

async function send(
  { chain, rules, signed }: SmallWorld,
  fields: Parameters<SmallWorld['signed']>[0],
): Promise<string> {
  const raw = await signed(fields)
  return takeIntoPool(chain, chain.head, raw, rules).hash
}

function mine({ chain, wait }: SmallWorld): void {
  wait(12_000)
  chain.mine()
}

describe('the chain', () => {
  it('includes what waits in the order of nonces, and nothing behind a gap', async () => {
    const world = smallWorld()
    await send(world, { nonce: 1n })
    await send(world, { nonce: 0n })
    await send(world, { nonce: 3n })
    expect(pendingNonce(world.chain, world.chain.head, account)).toBe(2n)
    mine(world)
    expect(world.chain.head.included.map(({ transaction }) => transaction.nonce)).toEqual([0n, 1n])
    mine(world)
    expect(world.chain.head.included).toEqual([])
    expect(world.chain.pool.size).toBe(1)
  })

  it('takes a replacement only for enough more, in both fees', async () => {
    const world = smallWorld()
    const raise = world.rules.raise
    await send(world, {})
    const enough = { maxFeePerGas: (100n * gwei * (1_000n + raise)) / 1_000n, maxPriorityFeePerGas: 2n * gwei }
    await expect(send(world, { ...enough, maxPriorityFeePerGas: gwei })).rejects.toThrow('underpriced')
    await expect(send(world, { ...enough, maxFeePerGas: enough.maxFeePerGas - 1n })).rejects.toThrow('underpriced')
    const hash = await send(world, enough)
    mine(world)
    expect(world.chain.head.included.map(({ transaction }) => transaction.hash)).toEqual([hash])
  })

  it('keeps so many transactions of an account, and no more', async () => {
    const world = smallWorld()
    for (let nonce = 0n; nonce < 16n; nonce++) await send(world, { nonce })
    await expect(send(world, { nonce: 16n })).rejects.toThrow('account limit exceeded')
    mine(world)
    await send(world, { nonce: 16n })
  })

  it('takes what fills a gap, however much waits behind it', async () => {
    const world = smallWorld()
    for (let nonce = 1n; nonce <= 20n; nonce++) await send(world, { nonce })
    await send(world, { nonce: 0n })
    mine(world)
    expect(world.chain.head.included).toHaveLength(21)
  })

  it('refuses what the account cannot pay for on top of what waits', async () => {
    const world = smallWorld()
    const balance = world.chain.head.accounts.get(account)?.balance ?? 0n
    const gas = 21_000n
    const half = balance / (2n * gas)
    await expect(
      send({ ...world, rules: { ...world.rules, feeCap: undefined } }, { maxFeePerGas: 3n * half }),
    ).rejects.toThrow('insufficient funds')
  })

  it('gives back nonces and money with the blocks that a reorg takes', async () => {
    const world = smallWorld()
    const before = world.chain.head.accounts.get(account)
    await send(world, {})
    mine(world)
    expect(world.chain.head.accounts.get(account)?.nonce).toBe(1n)
    world.chain.reorg(1, () => false)
    expect(world.chain.head.accounts.get(account)).toEqual(before)
    expect(world.chain.head.number).toBe(2)
  })

  it('brings in again what a reorg took out, where the network still has it', async () => {
    const world = smallWorld()
    const hash = await send(world, {})
    mine(world)
    const { head } = world.chain
    world.chain.reorg(1, () => true)
    expect(world.chain.find(`0x${hash.slice(2)}`, world.chain.head)?.block).not.toBe(head)
    expect(world.chain.head.accounts.get(account)?.nonce).toBe(1n)
  })
})
