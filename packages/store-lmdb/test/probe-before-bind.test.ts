import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseLedgerId, WatcherError, watcherEngine } from '@perun-watcher/core'
import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { modelChain } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import { ledgersOfStore, lmdbStore } from '../src/index.ts'

async function withPlace(use: (path: string) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'probe-'))
  try {
    await use(join(root, 'store'))
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

describe('U2: a store that is new', () => {
  it('is not bound to a chain that turns out to be another one', () =>
    withPlace(async (path) => {
      const wrong = modelChain()
      wrong.faults.probe = () => {
        throw new WatcherError('CHAIN_MISMATCH', 'The RPC endpoint is of another chain.')
      }
      const deps = { clock: systemClock, random: systemRandom }
      const mistaken = watcherEngine({
        ...deps,
        chain: { ...wrong, ledgerId: parseLedgerId('model:typo') },
        store: lmdbStore({ path }),
      })
      await expect(mistaken.start()).rejects.toMatchObject({ code: 'CHAIN_MISMATCH' })

      const corrected = watcherEngine({ ...deps, chain: modelChain(), store: lmdbStore({ path }) })
      await corrected.start()
      await corrected.shutdown()
      expect(await ledgersOfStore(path)).toEqual(['model:1'])
    }))
})
