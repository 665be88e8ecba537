import { type Hex, hasCode, parseBlockHash, WatcherError } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { toQuantity } from '../../../src/internal.ts'
import { chainUnreachable, rpcRefused } from '../../../src/rpc/rpc-errors.ts'
import { bench, finalityDepth, gwei, type Rig, type Sent, until, waiting } from '../support/rig.ts'

const { rig: newRig } = bench()

const never = (): Promise<never> => new Promise(() => undefined)

/** A node that refuses every transaction in these words. */
const refuses = (message: string) => async (): Promise<never> => {
  throw rpcRefused('eth_sendRawTransaction', { code: -32000, message, data: undefined })
}

/** One transaction, which waits at the node. */
async function waitingSend(rig: Rig): Promise<Sent> {
  const sent = await rig.send()
  await waiting(rig, 1)
  return sent
}

/** A rig and the one transaction of it that waits at the node. */
async function waitingRig(): Promise<{ readonly rig: Rig; readonly sent: Sent }> {
  const rig = await newRig()
  return { rig, sent: await waitingSend(rig) }
}

/** A rig and a transaction that the node took, though its answer was lost. */
async function rigWithLostAnswer(): Promise<{ readonly rig: Rig; readonly sent: Sent }> {
  const rig = await newRig()
  rig.client.injectOnce('eth_sendRawTransaction', async (next) => {
    await next()
    throw chainUnreachable('eth_sendRawTransaction', 'socket hang up')
  })
  return { rig, sent: await waitingSend(rig) }
}

async function includedAfter(rig: Rig, sent: Sent): Promise<void> {
  await waiting(rig, 1)
  await rig.mine()
  await sent.result
  expect(await rig.count()).toBe(1n)
}

describe('a transaction', () => {
  it('is sent again when the node has forgotten it', async () => {
    const { rig, sent } = await waitingRig()
    await rig.anvil.dropPending(rig.journal.entries[0]?.hash)
    await rig.mine(3)
    await includedAfter(rig, sent)
  })

  it('is found when the answer to sending it was lost', async () => {
    const { rig, sent } = await rigWithLostAnswer()
    await rig.tick()
    const before = rig.client.requests.length
    await rig.tick()
    expect(rig.client.requests.slice(before), 'the node has said that it has it').not.toContain(
      'eth_sendRawTransaction',
    )
    await includedAfter(rig, sent)
    expect(rig.journal.entries).toHaveLength(1)
  })

  it.each([
    ['no answer', async () => Promise.reject(chainUnreachable('eth_sendRawTransaction', 'connection refused'))],
    ['words that nobody understands', refuses('computer says no')],
    ['a full pool', refuses('txpool is full')],
  ])('is sent until the node takes it, despite %s', async (_, fault) => {
    const rig = await newRig()
    rig.client.inject('eth_sendRawTransaction', fault)
    const sent = await rig.send()
    await until(() => rig.client.requests.includes('eth_sendRawTransaction'))
    await rig.mine(2)
    expect(sent.state()).toBe('waiting')
    rig.client.heal()
    // No head comes, and it is still tried.
    await until(async () => {
      rig.clock.advance(4_000)
      return Object.keys(await rig.mempool()).length === 1
    })
    await includedAfter(rig, sent)
    expect(rig.journal.entries).toHaveLength(1)
  })

  it('that waits for an answer for ever counts as unanswered after the time-out', async () => {
    const rig = await newRig()
    rig.client.injectOnce('eth_sendRawTransaction', never)
    const sent = await rig.send()
    await until(() => rig.client.requests.includes('eth_sendRawTransaction'))
    rig.clock.advance(10_000)
    await rig.tick()
    await includedAfter(rig, sent)
  })

  it.each([
    ['no funds', 'insufficient funds for gas * price + value', 'ACCOUNT_UNDERFUNDED'],
    ['its size (D1)', 'oversized data: transaction size 149625, limit 131072', 'TREE_TOO_LARGE'],
    ['its gas (D1)', 'transaction gas limit too high (cap: 16777216, tx: 17200000)', 'TREE_TOO_LARGE'],
    ['a fee above its own limit', 'tx fee (1.20 ether) exceeds the configured cap (1.00 ether)', 'RPC_REFUSED'],
  ])('that the node refuses for %s gives its nonce back', async (_, message, code) => {
    const rig = await newRig()
    rig.client.inject('eth_sendRawTransaction', refuses(message))
    const sent = await rig.send()
    await expect(sent.result).rejects.toMatchObject({ code })
    rig.client.heal()
    await includedAfter(rig, await rig.send())
    expect(await rig.nonce()).toBe(1n)
  })

  it('is not given up for a refusal when it may have been taken before', async () => {
    const { rig, sent } = await rigWithLostAnswer()
    rig.client.inject('eth_sendRawTransaction', refuses('insufficient funds for gas * price + value'))
    await rig.tick()
    expect(sent.state()).toBe('waiting')
    await includedAfter(rig, sent)
  })

  it('is told as included whichever of its replacements a block takes', async () => {
    const { rig, sent } = await waitingRig()
    // A head calls for a replacement, which gets lost on its way.
    rig.client.inject('eth_sendRawTransaction', async () => '0x')
    rig.client.injectOnce('eth_getBlockByNumber', async (next) => ({
      ...Object(await next()),
      baseFeePerGas: toQuantity(60n * gwei),
    }))
    rig.client.inject('eth_feeHistory', async () => ({ baseFeePerGas: [toQuantity(60n * gwei)] }))
    rig.client.inject('eth_gasPrice', async () => toQuantity(61n * gwei))
    await rig.manager.onHead({ ...(await rig.head()), hash: parseBlockHash(`0x${'ab'.repeat(32)}`) })
    expect(rig.journal.entries.length).toBe(2)
    await rig.mine()
    expect((await sent.result).transactionHash).toBe(rig.journal.entries[0]?.hash)
  })

  it('is told as included once the receipt is there, however late', async () => {
    const { rig, sent } = await waitingRig()
    rig.client.inject('eth_getTransactionReceipt', async () => null)
    await rig.mine(2)
    expect(sent.state()).toBe('waiting')
    rig.client.inject('eth_getTransactionReceipt', async () => ({ status: 'fine' }))
    await rig.mine(2)
    expect(sent.state()).toBe('waiting')
    rig.client.heal()
    await rig.mine()
    await sent.result
  })

  it('survives a node that is behind', async () => {
    const rig = await newRig()
    await includedAfter(rig, await rig.send())
    rig.client.inject('eth_getTransactionCount', async () => '0x0')
    const next = await waitingSend(rig)
    await rig.mine(2)
    rig.client.heal()
    await rig.mine()
    await next.result
    expect(await rig.count()).toBe(2n)
    expect(await rig.nonce()).toBe(2n)
  })

  it('comes back into the chain when a reorg takes it out', async () => {
    const { rig, sent } = await waitingRig()
    await rig.mine()
    const { block } = await sent.result
    await rig.mine()
    await rig.anvil.reorg(2)
    expect(await rig.count()).toBe(0n)
    await rig.tick()
    await waiting(rig, 1)
    await rig.mine()
    expect(await rig.count()).toBe(1n)
    expect((await rig.head()).hash).not.toBe(block.hash)
    await rig.mine(finalityDepth)
    expect(rig.journal.entries).toHaveLength(0)
  })

  it('is kept in the journal as long as its new block is not final', async () => {
    const { rig, sent } = await waitingRig()
    await rig.mine()
    const { transactionHash } = await sent.result
    await rig.mine(finalityDepth - 1)
    // Reorganised into the newest block, while the count of nonces stays what it is.
    await rig.anvil.reorg(finalityDepth, { transactions: [{ block: finalityDepth - 1, hash: transactionHash }] })
    await rig.mine()
    expect(rig.journal.entries).toHaveLength(1)
    await rig.mine(finalityDepth)
    expect(rig.journal.entries).toHaveLength(0)
  })
})

describe('before anything is sent', () => {
  it('a chain that does not answer is told', async () => {
    const rig = await newRig()
    rig.client.inject('eth_estimateGas', never)
    const sent = await rig.send()
    await until(() => rig.client.requests.includes('eth_estimateGas'))
    rig.clock.advance(10_000)
    await expect(sent.result).rejects.toSatisfy((error) => hasCode(error, 'CHAIN_UNREACHABLE'))
    rig.client.heal()
    await includedAfter(rig, await rig.send())
  })

  it('a count of transactions that cannot be is told, and nothing is sent on its word', async () => {
    const rig = await newRig()
    rig.client.inject('eth_getTransactionCount', async () => '0xffffffff')
    await expect((await rig.send()).result).rejects.toSatisfy((error) => hasCode(error, 'CHAIN_DATA_INVALID'))
    expect(rig.client.requests).not.toContain('eth_sendRawTransaction')
    rig.client.heal()
    const sent = await waitingSend(rig)
    rig.client.inject('eth_getTransactionCount', async () => '0xffffffff')
    await rig.mine(2)
    expect(sent.state()).toBe('waiting')
    rig.client.heal()
    await rig.mine()
    await sent.result
  })

  it('a journal that fails is told, and the nonce stays free', async () => {
    const rig = await newRig()
    rig.journal.fault = new WatcherError('STORE_FAILED', 'The disk is full.')
    await expect((await rig.send()).result).rejects.toSatisfy((error) => hasCode(error, 'STORE_FAILED'))
    expect(rig.client.requests).not.toContain('eth_sendRawTransaction')
    rig.journal.fault = undefined
    await includedAfter(rig, await rig.send())
    expect(await rig.nonce()).toBe(1n)
  })

  it('every transaction is in the journal', async () => {
    const rig = await newRig()
    const unknown: Hex[] = []
    rig.client.inject('eth_sendRawTransaction', (next, [raw]) => {
      if (!rig.journal.entries.some((entry) => entry.raw === raw)) unknown.push('0x')
      return next()
    })
    const sent = await Promise.all([rig.send(), rig.send(), rig.send()])
    await waiting(rig, 3)
    await rig.anvil.setNextBaseFee(60n * gwei)
    await rig.mine(2)
    await Promise.all(sent.map(({ result }) => result))
    expect(rig.journal.entries).toHaveLength(6)
    expect(unknown).toEqual([])
  })
})
