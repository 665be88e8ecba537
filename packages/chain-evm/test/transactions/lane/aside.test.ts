import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../src/index.ts'
import { leastFee } from '../../../src/transactions/fees/fee-policy.ts'
import { afterAside, asideOf, steppedAside } from '../../../src/transactions/lane/aside.ts'
import { transactionHash } from '../../../src/transactions/lane/signed-transaction.ts'
import { type Attempt, newSlot } from '../../../src/transactions/lane/slot.ts'

const gwei = 1_000_000_000n
const call = { to: parseAddress(`0x${'c0'.repeat(20)}`), data: '0x01', gas: 100n } as const
const view = { head: { number: 100n }, market: { baseFeePerGas: gwei, priorityFeePerGas: gwei } }

const offer = (fee: bigint, isAside: boolean): Attempt => ({
  hash: transactionHash(`0x${fee.toString(16).padStart(64, '0')}`),
  raw: '0x02',
  fees: { maxFeePerGas: fee, maxPriorityFeePerGas: gwei },
  call,
  cancels: false,
  cause: undefined,
  isStored: true,
  isTried: true,
  isAside,
  isTooDear: false,
  acceptedAt: 100n,
})

describe('what some endpoints alone are offered', () => {
  const dear = offer(64n * gwei, false)
  const refusedOnce = steppedAside(newSlot(0n, { call, attempts: [dear] }), dear, ['small'], view)

  it('is half of what they refused, and leaves to the others what they have', () => {
    expect(refusedOnce.aside).toMatchObject({ endpoints: new Set(['small']), ceiling: { fee: 32n * gwei } })
    expect(refusedOnce.attempts).toEqual([dear])
    expect(asideOf(refusedOnce)?.attempts).toEqual([])
  })

  it.each(['tooExpensive', 'underfunded'] as const)(
    'is half of that where it is %s as well, down to the market',
    (type) => {
      let slot = refusedOnce
      const fees: (bigint | undefined)[] = []
      for (let step = 0; step < 6; step++) {
        const smaller = offer(slot.aside?.ceiling?.fee ?? 0n, true)
        slot = afterAside({ ...slot, attempts: [...slot.attempts, smaller] }, smaller, { type }, view)
        fees.push(slot.aside?.ceiling?.fee)
      }
      expect(fees).toEqual([16n * gwei, 8n * gwei, 4n * gwei, 2n * gwei, leastFee(view.market), undefined])
      // What nobody takes for less is not offered any more; and the dear one is as it was.
      expect(asideOf(slot)).toBeUndefined()
      expect(slot.attempts[0]).toEqual(dear)
    },
  )

  it('is raised where another one is in its way, and stays as it is whatever else is said', () => {
    const smaller = offer(32n * gwei, true)
    const slot = { ...refusedOnce, attempts: [dear, smaller] }
    expect(afterAside(slot, smaller, { type: 'outbid' }, view).aside).toMatchObject({ force: 'outbid' })
    expect(afterAside(slot, smaller, { type: 'feeTooLow' }, view).aside).toMatchObject({ force: 'replace' })
    for (const type of ['later', 'never', 'unknown', 'tooLarge', 'nonceTooLow'] as const) {
      expect(afterAside(slot, smaller, { type }, view)).toEqual(slot)
    }
  })
})
