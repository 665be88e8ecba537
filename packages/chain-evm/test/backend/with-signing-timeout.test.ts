import { parseLedgerId } from '@perun-watcher/core'
import { memoryJournal, type TransactionJournal } from '@perun-watcher/core/adapter'
import { describe, expect, it } from 'vitest'
import { withSigningTimeout } from '../../src/backend/with-signing-timeout.ts'
import { transactionHash } from '../../src/transactions/lane/signed-transaction.ts'
import { manualClock } from '../support/clocks.ts'
import { fakeSigner } from '../transactions/support/fake-node.ts'

const never = (): Promise<never> => new Promise(() => undefined)
const deaf: TransactionJournal = { attempts: never, putAttempt: never, forgetAttempts: never }
const signer = fakeSigner(0)
const attempt = { lane: signer.address, sequence: 0n, hash: transactionHash('0x02'), raw: '0x02' } as const
const unsigned = {
  chainId: 1n,
  nonce: 0n,
  to: signer.address,
  value: 0n,
  data: '0x',
  gas: 21_000n,
  maxFeePerGas: 2n,
  maxPriorityFeePerGas: 1n,
} as const

const ledger = parseLedgerId('eip155:1:0x55:v1')

/** Gives the journal of this ledger, and of no other. */
const of =
  (journal: TransactionJournal) =>
  (asked: string): TransactionJournal => {
    if (asked !== ledger) throw new Error(`nobody should ask for ${asked}`)
    return journal
  }

function limited(journal: TransactionJournal, signTransaction = signer.signTransaction) {
  const clock = manualClock()
  const signers = [{ ...signer, signTransaction }]
  return {
    clock,
    ...withSigningTimeout({ clock, requestTimeoutMs: 500, journal: { journal: of(journal) }, signers }, ledger),
  }
}

describe('signers and a journal with a time limit', () => {
  it.each([
    ['reading the journal', ({ journal }: ReturnType<typeof limited>) => journal.attempts()],
    ['writing to the journal', ({ journal }: ReturnType<typeof limited>) => journal.putAttempt(attempt)],
    ['forgetting', ({ journal }: ReturnType<typeof limited>) => journal.forgetAttempts(signer.address, 0n)],
    ['signing', ({ signers }: ReturnType<typeof limited>) => signers[0]?.signTransaction(unsigned)],
  ])('fail when there is no answer to %s', async (_, call) => {
    const parts = limited(deaf, never)
    let outcome: unknown
    const called = Promise.resolve(call(parts)).catch((error: unknown) => {
      outcome = error
    })
    parts.clock.advance(499)
    await new Promise((resolve) => setImmediate(resolve))
    expect(outcome).toBeUndefined()
    parts.clock.advance(1)
    await called
    expect(outcome).toMatchObject({ code: 'STORE_FAILED' })
  })

  it('answer as they are otherwise', async () => {
    const { journal, signers, clock } = limited(memoryJournal())
    await journal.putAttempt(attempt)
    expect(await journal.attempts()).toEqual([attempt])
    await journal.forgetAttempts(signer.address, 0n)
    expect(await journal.attempts()).toEqual([])
    expect(signers.map(({ address }) => address)).toEqual([signer.address])
    expect(await signers[0]?.signTransaction(unsigned)).toBe(await signer.signTransaction(unsigned))
    expect(clock.sleepers).toBe(0)
  })
})
