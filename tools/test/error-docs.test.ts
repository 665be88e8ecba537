import { describe, expect, it } from 'vitest'
import { errorDocs } from '../lib/error-docs.mjs'

describe('the page of error codes', () => {
  it('has a row for each code', () => {
    const text = errorDocs({
      CHAIN_GONE: { retryable: true, remedy: 'Wait.' },
      STATE_BAD: { retryable: false, remedy: 'Use a | b.' },
    })
    expect(text).toContain('\n| `CHAIN_GONE` | yes | Wait. |\n| `STATE_BAD` | no | Use a \\| b. |\n')
  })
})
