import { parseBlockHash } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../src/index.ts'
import { type Fees, ppm } from '../../../src/transactions/fees/fee-policy.ts'
import { transactionHash } from '../../../src/transactions/lane/signed-transaction.ts'
import {
  type Attempt,
  newSlot,
  planSlot,
  type Slot,
  type SlotContext,
  urgencies,
} from '../../../src/transactions/lane/slot.ts'

const gwei = 1_000_000_000n
const call = { to: parseAddress(`0x${'c0'.repeat(20)}`), data: '0x01', gas: 100n } as const
const context: SlotContext = {
  headNumber: 100n,
  market: { baseFeePerGas: 10n * gwei, priorityFeePerGas: gwei },
  used: 0n,
  cap: 500n * gwei,
}
const head = { number: 1n, hash: parseBlockHash(`0x${'aa'.repeat(32)}`), timestamp: 1n }
const good: Fees = { maxFeePerGas: 21n * gwei, maxPriorityFeePerGas: gwei }
const better: Fees = { maxFeePerGas: 30n * gwei, maxPriorityFeePerGas: 2n * gwei }

const attempt = (fees: Fees, fields: Partial<Attempt> = {}): Attempt => ({
  hash: transactionHash(`0x${fees.maxFeePerGas.toString(16).padStart(64, '0')}`),
  raw: '0x02',
  fees,
  call,
  cancels: false,
  cause: undefined,
  isStored: true,
  isTried: true,
  isAside: false,
  isTooDear: false,
  acceptedAt: 100n,
  ...fields,
})
const slot = (attempts: readonly Attempt[], fields: Partial<Slot> = {}): Slot =>
  newSlot(0n, { call, attempts, ...fields })

describe('what to do for a nonce', () => {
  it.each<[string, Slot, Partial<SlotContext>, ReturnType<typeof planSlot>['type']]>([
    ['that a block has spent: nothing', slot([], { status: { type: 'spent', heads: 1, head, since: 0n } }), {}, 'none'],
    ['that is held for a stranger: nothing', slot([], { holdUntil: 101n }), {}, 'none'],
    ['that was held long enough: sign', slot([], { holdUntil: 100n }), {}, 'sign'],
    ['that the node has: nothing', slot([attempt(good)]), {}, 'none'],
    ['that the node had two heads ago: nothing', slot([attempt(good, { acceptedAt: 98n })]), {}, 'none'],
    ['that the node had three heads ago: send', slot([attempt(good, { acceptedAt: 97n })]), {}, 'send'],
    ['that the node had before the chain was cut back: send', slot([attempt(good, { acceptedAt: 101n })]), {}, 'send'],
    ['that no node took: send', slot([attempt(good, { acceptedAt: undefined })]), {}, 'send'],
    [
      'that was never tried, even when fees have risen: send',
      slot([attempt(good, { isTried: false, acceptedAt: undefined })]),
      { used: ppm },
      'send',
    ],
    ['whose time is nearly over: sign', slot([attempt(good)]), { used: ppm }, 'sign'],
    ['that is wanted no more: sign', slot([attempt(good)], { call: undefined }), {}, 'sign'],
    [
      'that is taken back already: nothing',
      slot([attempt(better, { cancels: true })], { call: undefined }),
      {},
      'none',
    ],
    ['that a stranger has: sign', slot([attempt(good)], { force: 'outbid' }), {}, 'sign'],
    [
      'that cannot be raised any more: send',
      slot([attempt({ maxFeePerGas: context.cap, maxPriorityFeePerGas: context.cap }, { acceptedAt: 90n })]),
      { used: ppm },
      'send',
    ],
  ])('%s', (_, given, changes, type) => {
    expect(planSlot(given, { ...context, ...changes }).type).toBe(type)
  })

  it('includes keeping alive what the node took, while it does not take the better offer', () => {
    const taken = attempt(good, { acceptedAt: 90n })
    const refused = attempt(better, { acceptedAt: undefined })
    expect(planSlot(slot([taken, refused]), context)).toEqual({ type: 'send', attempts: [taken, refused] })
    const fresh = { ...taken, acceptedAt: 100n }
    expect(planSlot(slot([fresh, refused]), context)).toEqual({ type: 'send', attempts: [refused] })
  })
})

describe('urgency', () => {
  it('is that of the most urgent nonce behind', () => {
    const at = (nonce: bigint, deadline?: bigint): Slot =>
      newSlot(nonce, { call, window: deadline === undefined ? undefined : { start: 0n, deadline } })
    const slots = [at(0n), at(1n, 10_000n), at(2n, 1_000n), at(3n, 100_000n), at(4n)]
    expect(urgencies(slots, 900n)).toEqual([ppm, ppm, ppm, 10_000n, 0n])
  })
})
