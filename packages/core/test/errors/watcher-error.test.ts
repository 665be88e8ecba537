import { describe, expect, it } from 'vitest'
import { WatcherError } from '../../src/index.ts'

describe('WatcherError', () => {
  it('is retryable as its code says, unless whoever reports it knows better', () => {
    expect(new WatcherError('STORE_FAILED', 'No.')).toMatchObject({ retryable: true, retryAfterMs: undefined })
    expect(new WatcherError('STORE_FAILED', 'No.', { retryable: false })).toMatchObject({ retryable: false })
    const later = new WatcherError('RATE_LIMITED', 'No.', { retryAfterMs: 50 })
    expect(later).toMatchObject({ retryable: true, retryAfterMs: 50 })
  })
})
