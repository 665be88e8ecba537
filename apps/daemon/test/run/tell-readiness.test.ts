import { wakeSignal } from '@perun-watcher/core/adapter'
import { expect, test } from 'vitest'
import { tellReadiness } from '../../src/run/tell-readiness.ts'

test('every transport is told at once and again after each pause, until it is over', async () => {
  const told: string[] = []
  const transport = (name: string) => ({ tellReady: (isReady: boolean) => void told.push(`${name} ${isReady}`) })
  const pauses = wakeSignal()
  const slept: number[] = []
  const clock = {
    now: () => 0,
    async sleep(ms: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}) {
      slept.push(ms)
      await pauses.after(pauses.count, { signal })
    },
  }
  let isReady = false
  const over = new AbortController()
  const telling = tellReadiness([transport('a'), {}, transport('b')], () => isReady, clock, { signal: over.signal })
  expect(told.splice(0)).toEqual(['a false', 'b false'])
  isReady = true
  pauses.wake()
  await expect.poll(() => told).toEqual(['a true', 'b true'])
  expect(Math.max(...slept)).toBeLessThanOrEqual(1_000)
  over.abort(new Error('over'))
  await expect(telling).rejects.toThrow('over')
  expect(told).toHaveLength(2)
})

test('where nobody can ask, nothing is done', async () => {
  const clock = { now: () => 0, sleep: () => Promise.reject(new Error('slept')) }
  await tellReadiness([{}], () => true, clock, {})
})
