import { deferred } from '@perun-watcher/core/internal'
import { expect, it } from 'vitest'
import { waves } from '../src/script/waves.ts'

it('lets in who joins while time passes, though nobody comes after', async () => {
  const time = deferred()
  const { join, pass } = waves(() => time.promise)
  await join()
  const passing = pass(1n)
  const joining = join()
  time.resolve()
  await passing
  await expect(joining).resolves.toBeUndefined()
})

it('lets time pass only when all have come, and keeps out others until the last jump', async () => {
  const jumps: bigint[] = []
  const { join, meet, pass } = waves(async (time) => {
    jumps.push(time)
  })
  await join()
  await join()
  const first = meet(10n)
  const other = join()
  expect(jumps).toEqual([])
  await Promise.all([first, meet(20n)])
  expect(jumps).toEqual([21n])
  await Promise.all([pass(30n), pass(40n)])
  await other
  await pass(50n)
  expect(jumps).toEqual([21n, 41n, 51n])
})
