import { hasCode } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import type { TransactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { bench, finalityDepth, gwei, type Rig, until, waiting } from '../support/rig.ts'

const { chain, rig: newRig } = bench()

/** Sends a call that is aborted when its transaction was just written to the journal, and not sent yet. */
function sendAbortedInJournal(rig: Rig): ReturnType<Rig['send']> {
  const stop = new AbortController()
  const { putAttempt } = rig.journal
  rig.journal.putAttempt = async (attempt) => {
    await putAttempt(attempt)
    stop.abort('enough')
  }
  return rig.send({ signal: stop.signal })
}

describe('a call that is aborted', () => {
  it('before it was made does nothing', async () => {
    const rig = await newRig()
    const before = rig.client.requests.length
    const sent = await rig.send({ signal: AbortSignal.abort('enough') })
    await expect(sent.result).rejects.toBe('enough')
    expect(rig.client.requests).toHaveLength(before)
  })

  it('while it is simulated uses no nonce', async () => {
    const rig = await newRig()
    const stop = new AbortController()
    rig.client.inject('eth_estimateGas', () => new Promise(() => undefined))
    const sent = await rig.send({ signal: stop.signal })
    await until(() => rig.client.requests.includes('eth_estimateGas'))
    stop.abort('enough')
    await expect(sent.result).rejects.toBe('enough')
    rig.client.heal()
    const next = await rig.send()
    await waiting(rig, 1)
    await rig.mine()
    await next.result
    expect(await rig.nonce()).toBe(1n)
  })

  it('while it is written to the journal leaves nothing there that a restart would send', async () => {
    const rig = await newRig()
    await expect((await sendAbortedInJournal(rig)).result).rejects.toBe('enough')
    await until(() => rig.journal.entries.length === 0)
    await rig.manager.close()
    await rig.again().start()
    await rig.mine(2)
    expect(await rig.nonce()).toBe(0n)
  })

  it('while it is written to the journal does not take along what waits', async () => {
    const rig = await newRig()
    const first = await rig.send()
    await waiting(rig, 1)
    await expect((await sendAbortedInJournal(rig)).result).rejects.toBe('enough')
    await rig.tick()
    expect(rig.journal.entries).toHaveLength(2)
    await rig.mine()
    await first.result
    await rig.mine(finalityDepth)
    expect(rig.journal.entries).toHaveLength(0)
    expect(await rig.nonce()).toBe(1n)
  })

  it('after sending is taken back by a transfer of nothing, and blocks nobody', async () => {
    const rig = await newRig()
    const stop = new AbortController()
    const sent = await rig.send({ signal: stop.signal })
    await waiting(rig, 1)
    const behind = await rig.send()
    await waiting(rig, 2)
    stop.abort('enough')
    await expect(sent.result).rejects.toBe('enough')
    await until(() => rig.journal.entries.length === 3)
    await rig.tick()
    await rig.mine()
    await behind.result
    expect(await rig.count()).toBe(1n)
    expect(await rig.nonce()).toBe(2n)
  })

  it('too late leaves the lane in order', async () => {
    const rig = await newRig()
    const stop = new AbortController()
    const sent = await rig.send({ signal: stop.signal })
    await waiting(rig, 1)
    await rig.anvil.mine()
    stop.abort('enough')
    await expect(sent.result).rejects.toBe('enough')
    await rig.tick()
    const next = await rig.send()
    await waiting(rig, 1)
    await rig.mine()
    await next.result
    expect(await rig.count()).toBe(2n)
    await rig.mine(finalityDepth)
    expect(rig.journal.entries).toHaveLength(0)
  })
})

describe('a deadline', () => {
  it('that has passed already is told at once', async () => {
    const rig = await newRig()
    await expect((await rig.send({ seconds: 0n })).result).rejects.toSatisfy((e) => hasCode(e, 'DEADLINE_PASSED'))
    expect(rig.journal.entries).toHaveLength(0)
  })

  it('that passes without inclusion is told, and the lane works on', async () => {
    const rig = await newRig({ fees: { maxFeePerGasCap: 20n * gwei, minPriorityFeePerGas: gwei } })
    const sent = await rig.send({ seconds: 120n })
    await waiting(rig, 1)
    for (let block = 0; block < 9; block++) {
      await rig.anvil.setNextBaseFee(1_000n * gwei)
      await rig.mine()
    }
    expect(sent.state()).toBe('waiting')
    await rig.anvil.setNextBaseFee(1_000n * gwei)
    await rig.mine()
    await expect(sent.result).rejects.toMatchObject({
      code: 'DEADLINE_PASSED',
      details: [expect.stringMatching(/^The deadline was \d+, the chain is at \d+\.$/)],
    })
    await rig.anvil.setNextBaseFee(gwei)
    // The first of these blocks lets the node take it again, the second has it.
    await rig.mine(2)
    expect(await rig.nonce()).toBe(1n)
    const next = await rig.send()
    await waiting(rig, 1)
    await rig.mine()
    await next.result
  })

  it('is not missed because the node tells late of the block that has it', async () => {
    const rig = await newRig()
    const sent = await rig.send({ seconds: 13n })
    await waiting(rig, 1)
    await rig.anvil.mine()
    await rig.anvil.mine()
    await rig.tick()
    await sent.result
  })

  it('is not missed because the count of transactions comes late', async () => {
    const rig = await newRig()
    const sent = await rig.send({ seconds: 13n })
    await waiting(rig, 1)
    rig.client.inject('eth_getTransactionCount', async () => '0x0')
    await rig.mine(3)
    await sent.result
    rig.client.heal()
    await rig.mine()
    const next = await rig.send()
    await waiting(rig, 1)
    await rig.mine()
    await next.result
    expect(await rig.nonce()).toBe(2n)
  })

  it('ends the wait for a place', async () => {
    const rig = await newRig({ maxPendingPerLane: 1 })
    const first = await rig.send()
    await waiting(rig, 1)
    const second = await rig.send({ seconds: 24n })
    await rig.anvil.dropPending()
    await rig.mine(2)
    await expect(second.result).rejects.toSatisfy((error) => hasCode(error, 'DEADLINE_PASSED'))
    await rig.mine()
    await waiting(rig, 1)
    await rig.mine()
    await first.result
    expect(await rig.nonce()).toBe(1n)
  })
})

/** Mines blocks and tells a later manager of each. */
async function mineFor(rig: Rig, manager: TransactionManager, blocks: number): Promise<void> {
  for (let block = 0; block < blocks; block++) {
    await rig.anvil.mine()
    await manager.onHead(await rig.head())
  }
}

describe('a restart', () => {
  it('D11: sends nothing of an earlier run by itself: what it was for may be over', async () => {
    const rig = await newRig()
    await rig.send()
    await rig.send()
    await waiting(rig, 2)
    await rig.manager.close()
    await rig.anvil.dropPending()
    const manager = rig.again()
    await manager.start()
    await mineFor(rig, manager, 8)
    expect(await rig.nonce()).toBe(0n)
    expect(await rig.mempool()).toEqual({})
    await manager.close()
  })

  it('D11: spends the nonces of an earlier run on nothing where others wait behind them', async () => {
    const rig = await newRig()
    await rig.send()
    await rig.send()
    await waiting(rig, 2)
    await rig.manager.close()
    await rig.anvil.dropPending()
    const manager = rig.again()
    await manager.start()
    const other = await rig.send({ manager, data: '0x12345678' })
    await waiting(rig, 3)
    await mineFor(rig, manager, 1)
    await other.result
    expect(await rig.nonce()).toBe(3n)
    // Only what was asked for.
    expect(await rig.count()).toBe(1n)
    await mineFor(rig, manager, finalityDepth)
    expect(rig.journal.entries).toHaveLength(0)
    await manager.close()
  })

  it('sends what the previous run left once somebody asks for it again, and nothing twice', async () => {
    const rig = await newRig()
    await rig.send()
    await waiting(rig, 1)
    await rig.manager.close()
    await rig.anvil.dropPending()
    const manager = rig.again()
    await manager.start()
    // The same call once more, as the one who asked for it will: it waits for what was signed.
    const sent = await rig.send({ manager })
    await waiting(rig, 1)
    await mineFor(rig, manager, 1)
    expect((await sent.result).transactionHash).toBe(rig.journal.entries[0]?.hash)
    expect(await rig.count()).toBe(1n)
    const next = await rig.send({ manager })
    await waiting(rig, 1)
    await mineFor(rig, manager, 1)
    await next.result
    expect(await rig.nonce()).toBe(2n)
    await mineFor(rig, manager, finalityDepth)
    expect(rig.journal.entries).toHaveLength(0)
    await manager.close()
  })

  it('leaves alone what still waits at the node, until it is asked for again', async () => {
    const rig = await newRig()
    await rig.send()
    await waiting(rig, 1)
    await rig.manager.close()
    const manager = rig.again()
    await manager.start()
    const before = await rig.mempool()
    const behind = await rig.send({ manager, data: '0x12345678' })
    await waiting(rig, 2)
    expect(await rig.mempool()).toMatchObject(before)
    await mineFor(rig, manager, 1)
    await behind.result
    expect(await rig.count()).toBe(2n)
    await manager.close()
  })

  it('replaces what is stuck below the base fee once it is asked for again', async () => {
    const rig = await newRig()
    await rig.send()
    await waiting(rig, 1)
    await rig.manager.close()
    await rig.anvil.setNextBaseFee(60n * gwei)
    await rig.anvil.mine()
    const manager = rig.again()
    await manager.start()
    const sent = await rig.send({ manager })
    await until(() => rig.journal.entries.length === 2)
    await until(async () => Object.values(await rig.mempool())[0] === rig.journal.entries[1]?.hash)
    await mineFor(rig, manager, 1)
    await sent.result
    expect(await rig.count()).toBe(1n)
    await manager.close()
  })

  it('forgets what was mined in the meantime once it is final', async () => {
    const rig = await newRig()
    await rig.send()
    await waiting(rig, 1)
    await rig.manager.close()
    await rig.anvil.mine({ blocks: finalityDepth + 1 })
    const manager = rig.again()
    await manager.start()
    await manager.onHead(await rig.head())
    await rig.anvil.mine()
    await manager.onHead(await rig.head())
    expect(rig.journal.entries).toHaveLength(0)
    await manager.close()
  })

  it('fills a gap that would block what comes after it', async () => {
    const rig = await newRig()
    await rig.send()
    await rig.send()
    await rig.send()
    await waiting(rig, 3)
    await rig.manager.close()
    await rig.anvil.dropPending()
    // The journal of an old backup, or a disk that lost a page.
    const lost = rig.journal.entries.filter(({ sequence }) => sequence === 2n)
    await rig.journal.forgetAttempts(rig.signers[0]?.address ?? '0x', 2n)
    for (const attempt of lost) await rig.journal.putAttempt(attempt)
    const manager = rig.again()
    await manager.start()
    const sent = await rig.send({ manager })
    await waiting(rig, 3)
    await mineFor(rig, manager, 1)
    await sent.result
    expect(await rig.nonce()).toBe(3n)
    expect(await rig.count()).toBe(1n)
    await manager.close()
  })

  it('leaves alone what waits at the node, and heals the nonce if the node forgets it', async () => {
    const rig = await newRig()
    await rig.send()
    await waiting(rig, 1)
    await rig.manager.close()
    await rig.journal.forgetAttempts(rig.signers[0]?.address ?? '0x', 9n)
    const manager = rig.again()
    await manager.start()
    expect(rig.journal.entries, 'it may yet be mined').toHaveLength(0)
    const behind = await rig.send({ manager })
    await waiting(rig, 2)
    await rig.anvil.dropPending()
    for (let block = 0; block < 4; block++) {
      await rig.anvil.mine()
      await manager.onHead(await rig.head())
    }
    await rig.anvil.mine()
    await manager.onHead(await rig.head())
    await behind.result
    expect(await rig.nonce()).toBe(2n)
    expect(await rig.count()).toBe(1n)
    await manager.close()
  })

  it('can be tried again after the chain did not answer', async () => {
    const rig = await newRig()
    const manager = rig.again()
    rig.client.injectOnce('eth_getTransactionCount', () => Promise.reject(new Error('down')))
    await expect(manager.start()).rejects.toThrow('down')
    await manager.start()
    const sent = await rig.send({ manager })
    await waiting(rig, 1)
    await chain().anvil.mine()
    await manager.onHead(await rig.head())
    await sent.result
    await manager.close()
  })
})
