import { hasCode } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { bench, ether, finalityDepth, gwei, until, waiting } from '../support/rig.ts'
import { counting, refusing } from '../support/rpc.ts'

const { chain, rig: newRig } = bench()

describe('a transaction manager', () => {
  it('brings a transaction into a block and tells which', async () => {
    const rig = await newRig()
    const sent = await rig.send()
    await waiting(rig, 1)
    expect(rig.journal.entries).toHaveLength(1)
    await rig.mine()
    const { block, transactionHash } = await sent.result
    const { number, hash, timestamp } = await rig.head()
    expect(block).toEqual({ number, hash, timestamp })
    expect(transactionHash).toBe(rig.journal.entries[0]?.hash)
    expect(await rig.count()).toBe(1n)
  })

  it('needs two round trips from the call to the transaction at the node', async () => {
    const rig = await newRig()
    const before = rig.client.requests.length
    await rig.send()
    await waiting(rig, 1)
    const requests = rig.client.requests.slice(before)
    // All but the last were asked at the same time.
    expect(requests.toSorted()).toEqual([
      'eth_estimateGas',
      'eth_getBalance',
      'eth_getTransactionCount',
      'eth_sendRawTransaction',
    ])
  })

  it('keeps a transaction in the journal until its block is final', async () => {
    const rig = await newRig()
    const sent = await rig.send()
    await waiting(rig, 1)
    await rig.mine()
    await sent.result
    const told = rig.client.requests.length
    await rig.tick()
    expect(rig.client.requests.length, 'a head is looked at once').toBe(told)
    await rig.mine(finalityDepth - 1)
    expect(rig.journal.entries).toHaveLength(1)
    await rig.mine()
    expect(rig.journal.entries).toHaveLength(0)
    const before = rig.client.requests.length
    await rig.mine()
    expect(rig.client.requests.length, 'an idle manager asks nothing').toBe(before)
  })

  it('keeps many transactions of one account on their way at the same time', async () => {
    const rig = await newRig({ maxPendingPerLane: 20 })
    const sent = await Promise.all(Array.from({ length: 20 }, () => rig.send()))
    await waiting(rig, 20)
    await rig.mine()
    const inclusions = await Promise.all(sent.map(({ result }) => result))
    expect(new Set(inclusions.map(({ transactionHash }) => transactionHash)).size).toBe(20)
    expect(new Set(inclusions.map(({ block }) => block.number)).size).toBe(1)
    expect(await rig.count()).toBe(20n)
    expect(await rig.nonce()).toBe(20n)
  })

  it('spreads transactions over its accounts, and lets the most urgent wait the least', async () => {
    const rig = await newRig({ lanes: 2, maxPendingPerLane: 2 })
    const first = await Promise.all(Array.from({ length: 4 }, () => rig.send()))
    await Promise.all([waiting(rig, 2, 0), waiting(rig, 2, 1)])
    const relaxed = await Promise.all(Array.from({ length: 4 }, () => rig.send({ seconds: 7_200n })))
    const urgent = await rig.send({ seconds: 600n })
    await rig.mine()
    await Promise.all(first.map(({ result }) => result))
    await until(async () => Object.keys({ ...(await rig.mempool(0)), ...(await rig.mempool(1)) }).length === 2)
    await rig.mine()
    await urgent.result
    expect(relaxed.filter(({ state }) => state() === 'waiting')).toHaveLength(1)
    await until(async () => Object.keys({ ...(await rig.mempool(0)), ...(await rig.mempool(1)) }).length === 1)
    await rig.mine()
    await Promise.all(relaxed.map(({ result }) => result))
    expect(await rig.count()).toBe(9n)
  })

  it('does not send what the contract would refuse, and tells why', async () => {
    const rig = await newRig()
    await chain().client.request('anvil_setCode', [rig.contract, refusing('invalid version')])
    const sent = await rig.send()
    await expect(sent.result).rejects.toMatchObject({
      code: 'REGISTER_REVERTED',
      details: ['Reason: invalid version.'],
    })
    expect(rig.journal.entries).toHaveLength(0)
    expect(rig.client.requests).not.toContain('eth_sendRawTransaction')
  })

  it('tells why a transaction reverted that a block includes', async () => {
    const rig = await newRig()
    const sent = await rig.send()
    await waiting(rig, 1)
    await chain().client.request('anvil_setCode', [rig.contract, refusing('refutation timeout passed')])
    await rig.mine()
    await expect(sent.result).rejects.toMatchObject({
      code: 'REGISTER_REVERTED',
      details: [expect.stringMatching(/^Transaction 0x/), 'Reason: refutation timeout passed.'],
    })
    await chain().client.request('anvil_setCode', [rig.contract, counting])
    const next = await rig.send()
    await waiting(rig, 1)
    await rig.mine()
    await next.result
  })

  it('asks for more gas than the estimate, and for no more than a block has', async () => {
    const rig = await newRig()
    rig.client.injectOnce('eth_estimateGas', async () => '0x186a0')
    await rig.send()
    await waiting(rig, 1)
    const transaction = await chain().client.request('eth_getTransactionByHash', [rig.journal.entries[0]?.hash])
    expect(transaction).toMatchObject({ gas: '0x249f0' })
  })

  it('tells an account without funds what it needs, and uses it once it has them', async () => {
    const rig = await newRig()
    const account = rig.signers[0]?.address ?? '0x'
    await rig.anvil.setBalance(account, 1_000n)
    const sent = await rig.send()
    await expect(sent.result).rejects.toMatchObject({
      code: 'ACCOUNT_UNDERFUNDED',
      details: [`Account ${account}.`, expect.stringMatching(/^It has 1000 wei and needs [0-9]{10,} wei\.$/)],
    })
    expect(rig.journal.entries).toHaveLength(0)
    await rig.anvil.setBalance(account, ether)
    const next = await rig.send()
    await waiting(rig, 1)
    await rig.mine()
    await next.result
  })

  it('uses another account when one lacks funds', async () => {
    const rig = await newRig({ lanes: 2 })
    await rig.anvil.setBalance(rig.signers[0]?.address ?? '0x', 0n)
    const sent = await rig.send()
    await waiting(rig, 1, 1)
    await rig.mine()
    await sent.result
  })

  it('offers what a poor account has, if that buys a place in the next block', async () => {
    const rig = await newRig()
    const { baseFeePerGas } = await rig.head()
    rig.client.injectOnce('eth_estimateGas', async () => '0xc350')
    await rig.anvil.setBalance(rig.signers[0]?.address ?? '0x', 75_000n * (baseFeePerGas + gwei + gwei / 10n))
    const sent = await rig.send()
    await waiting(rig, 1)
    await rig.mine()
    await sent.result
  })

  it('warns once when an account runs low', async () => {
    const reports: unknown[] = []
    const rig = await newRig({ onLowBalance: (report) => reports.push(report) })
    expect(reports).toHaveLength(0)
    const { address } = rig.signers[0] ?? { address: '0x' }
    await rig.anvil.setBalance(address, ether / 1_000n)
    rig.clock.advance(20 * 60_000)
    await expect
      .poll(() => reports)
      .toEqual([{ account: address, balance: ether / 1_000n, wanted: expect.any(BigInt) }])
    await rig.mine()
    expect(reports).toHaveLength(1)
  })

  it('ends waiting calls when it is closed, and takes no new ones', async () => {
    const rig = await newRig()
    const late = await rig.send()
    await waiting(rig, 1)
    const early = await rig.send({ seconds: 7_200n })
    await rig.manager.close()
    await rig.manager.close()
    for (const { result } of [late, early, await rig.send()]) {
      await expect(result).rejects.toSatisfy((error) => hasCode(error, 'WATCHER_CLOSED'))
    }
    await rig.manager.onHead(await rig.head())
    await expect((await rig.send({ manager: rig.again() })).result).rejects.toMatchObject({ code: 'WATCHER_CLOSED' })
  })

  it('looks for the head itself while nobody tells', async () => {
    const rig = await newRig()
    const sent = await rig.send()
    await waiting(rig, 1)
    await rig.anvil.mine()
    await until(() => {
      rig.clock.advance(4_000)
      return sent.state() !== 'waiting'
    })
    await sent.result
  })
})
