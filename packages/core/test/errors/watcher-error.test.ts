import { describe, expect, it } from 'vitest'
import { errorCodes, WatcherError } from '../../src/index.ts'

describe('WatcherError', () => {
  it('is retryable as its code says, unless whoever reports it knows better', () => {
    expect(new WatcherError('STORE_FAILED', 'No.')).toMatchObject({ retryable: true, retryAfterMs: undefined })
    expect(new WatcherError('STORE_FAILED', 'No.', { retryable: false })).toMatchObject({ retryable: false })
    const later = new WatcherError('RATE_LIMITED', 'No.', { retryAfterMs: 50 })
    expect(later).toMatchObject({ retryable: true, retryAfterMs: 50 })
  })

  it('is worth a repetition where the same call may succeed later, and nowhere else', () => {
    const retryable = Object.entries(errorCodes).flatMap(([code, { retryable }]) => (retryable ? [code] : []))
    expect(retryable.sort()).toEqual([
      'ACCOUNT_UNDERFUNDED',
      'BUDGET_EXCEEDED',
      'CHAIN_DATA_INVALID',
      'CHAIN_UNREACHABLE',
      'CONNECTION_LOST',
      'CONNECTION_REFUSED',
      'OVERLOADED',
      'QUOTA_EXCEEDED',
      'RATE_LIMITED',
      'REGISTER_REVERTED',
      'RPC_REFUSED',
      'SERVER_FAILED',
      'STORE_ACCESS_DENIED',
      'STORE_FAILED',
      'STORE_FULL',
      'STORE_LOCKED',
      'TRACING_UNSUPPORTED',
      'TRANSACTION_REPLACED',
    ])
  })
})
