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
