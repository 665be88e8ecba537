import assert from 'node:assert/strict'
import { isWatcherError } from '@perun-watcher/core'
import { refused } from '../../assert.ts'
import type { ChainCase } from '../types.ts'

/** Finding the ledger, and nothing but the right one. */
export const startCases: readonly ChainCase[] = [
  {
    name: 'names its ledger, always the same',
    async run({ backend, restart }) {
      assert.match(backend.ledgerId, /^\S+$/)
      assert.equal((await restart()).ledgerId, backend.ledgerId)
    },
  },
  {
    name: 'can be probed at any time, which changes nothing',
    async run({ backend, place, channel }) {
      await Promise.all([backend.probe(), backend.probe()])
      const { id, signed } = await channel()
      await place.register(await signed(1n))
      await backend.probe()
      assert.equal((await backend.readRecord(id)).record?.version, 1n)
    },
  },
  {
    name: 'refuses a ledger that is another one than it was told',
    needs: ['mismatch'],
    async run({ place }) {
      const backend = place.mismatched?.()
      assert.ok(backend)
      try {
        await refused(backend.probe(), ['CHAIN_MISMATCH'], 'a probe of another ledger')
      } finally {
        await backend.close()
      }
    },
  },
  {
    name: 'tells a ledger that does not answer as what may pass',
    needs: ['break'],
    async run({ place }) {
      const backend = place.unreachable?.()
      assert.ok(backend)
      try {
        const error: unknown = await backend.probe().catch((reason: unknown) => reason)
        assert.ok(isWatcherError(error) && error.retryable, 'a probe that reaches nobody rejects, and may be repeated')
      } finally {
        await backend.close()
      }
    },
  },
]
