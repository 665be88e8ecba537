import { silentLogger, spendingBook } from '@perun-watcher/core/adapter'
import { systemClock } from '@perun-watcher/core/system'
import { describe, expect, it } from 'vitest'
import { parseAttempt } from '../../../src/transactions/lane/signed-transaction.ts'
import { purposeOf } from '../support/purposes.ts'
import { bench, ether, feeCap, gwei, type Rig, sendForeign, waiting } from '../support/rig.ts'

const { chain, rig: newRig } = bench()

/** What was offered, in the order of signing. */
const offers = (rig: Rig): readonly (readonly [bigint, bigint])[] =>
  rig.journal.entries.map((entry) => {
    const { maxFeePerGas, maxPriorityFeePerGas } = parseAttempt(entry).fees
    return [maxFeePerGas, maxPriorityFeePerGas]
  })

function expectLegalSteps(rig: Rig): void {
  const all = offers(rig)
  for (const [index, [max, tip]] of all.entries()) {
    expect(max <= feeCap).toBe(true)
    const before = all[index - 1]
    if (before === undefined) continue
    expect(max * 8n >= before[0] * 9n, `ceiling of offer ${index}`).toBe(true)
    expect(tip * 8n >= before[1] * 9n, `tip of offer ${index}`).toBe(true)
  }
}

describe('fees', () => {
  it('follow the base fee when it outruns an offer', async () => {
    const rig = await newRig()
    const sent = await rig.send()
    await waiting(rig, 1)
    await rig.anvil.setNextBaseFee(60n * gwei)
    await rig.mine()
    expect(sent.state()).toBe('waiting')
    expect(rig.journal.entries).toHaveLength(2)
    expectLegalSteps(rig)
    await rig.mine()
    expect((await sent.result).transactionHash).toBe(rig.journal.entries[1]?.hash)
  })

  it('reach the cap before the deadline while no block takes the transaction, and then no more', async () => {
    const rig = await newRig()
    const sent = await rig.send({ seconds: 600n })
    await waiting(rig, 1)
    // Blocks are full, as far as this transaction can tell: they come, and do not take it.
    rig.client.inject('eth_sendRawTransaction', async () => '0x')
    await rig.anvil.dropPending()
    await rig.mine(47)
    expect(offers(rig).at(-1)).toEqual([feeCap, feeCap])
    expectLegalSteps(rig)
    const { length } = rig.journal.entries
    expect(length).toBeGreaterThan(5)
    await rig.mine(2)
    expect(rig.journal.entries).toHaveLength(length)
    rig.client.heal()
    // Sent again although nothing changed: nobody knows whether the node ever had it.
    await rig.mine(1)
    expect(sent.state()).toMatchObject({ code: 'DEADLINE_PASSED' })
    await rig.mine(3)
    expect(await rig.nonce(), 'later transactions must pass').toBe(1n)
    expect(rig.journal.entries).toHaveLength(length)
  })

  it('stay below what the budgets allow', async () => {
    const budgets = { perDispute: 120_000n * 20n * gwei }
    const rig = await newRig({ spending: spendingBook({ budgets, clock: systemClock, logger: silentLogger }) })
    rig.client.inject('eth_estimateGas', async () => '0x13880')
    const sent = await rig.send({ seconds: 600n, purpose: purposeOf('improvement') })
    await waiting(rig, 1)
    rig.client.inject('eth_sendRawTransaction', async () => '0x')
    await rig.anvil.dropPending()
    await rig.mine(47)
    expect(offers(rig).at(-1)).toEqual([20n * gwei, 20n * gwei])
    expect(sent.state()).toBe('waiting')
  })

  it('of a transaction rise with the urgency of those behind it', async () => {
    const rig = await newRig()
    await rig.send({ seconds: 1_000_000n })
    await waiting(rig, 1)
    await rig.send({ seconds: 600n })
    await waiting(rig, 2)
    rig.client.inject('eth_sendRawTransaction', async () => '0x')
    await rig.anvil.dropPending()
    await rig.mine(47)
    const best = new Map(
      rig.journal.entries.map((entry) => [entry.sequence, parseAttempt(entry).fees.maxPriorityFeePerGas]),
    )
    expect([...best]).toEqual([
      [0n, feeCap],
      [1n, feeCap],
    ])
  })

  it('outbid a stranger that the node holds with the same nonce', async () => {
    const rig = await newRig()
    await sendForeign(rig, chain(), { nonce: 0n, tip: 5n * gwei })
    const sent = await rig.send()
    await rig.tick()
    await until100(rig)
    await rig.mine()
    await sent.result
    expectLegalSteps(rig)
    expect(await rig.count()).toBe(1n)
  })

  it('never exceed what the account can pay, and go on once it was refilled', async () => {
    const rig = await newRig()
    const account = rig.signers[0]?.address ?? '0x'
    rig.client.inject('eth_estimateGas', async () => '0x13880')
    await rig.anvil.setBalance(account, 120_000n * 8n * gwei)
    const sent = await rig.send()
    await waiting(rig, 1)
    await rig.anvil.setNextBaseFee(60n * gwei)
    await rig.mine(2)
    expect(sent.state()).toBe('waiting')
    for (const [max] of offers(rig)) expect(max <= 8n * gwei).toBe(true)
    await rig.anvil.setBalance(account, ether)
    await rig.anvil.setNextBaseFee(60n * gwei)
    await rig.mine(2)
    await sent.result
    expectLegalSteps(rig)
  })
})

/** Ticks until the manager's own transaction is the one that waits. */
async function until100(rig: Rig): Promise<void> {
  for (let ticks = 0; ticks < 100; ticks++) {
    const own = new Set(rig.journal.entries.map(({ hash }): string => hash))
    if (Object.values(await rig.mempool()).some((hash) => own.has(hash))) return
    await rig.tick()
  }
  throw new Error('the stranger was not outbid')
}
