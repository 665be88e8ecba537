import { describe, expect, it } from 'vitest'
import { deferred } from '../../src/async/deferred.ts'

describe('a deferred promise', () => {
  it('is settled from outside, once', async () => {
    const answer = deferred<number>()
    answer.resolve(1)
    answer.reject(new Error('too late'))
    answer.resolve(2)
    expect(await answer.promise).toBe(1)
    const failing = deferred()
    const failure = new Error('no')
    failing.reject(failure)
    await expect(failing.promise).rejects.toBe(failure)
  })
})
