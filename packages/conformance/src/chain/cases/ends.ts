import assert from 'node:assert/strict'
import { isWatcherError } from '@perun-watcher/core'
import { later } from '../../patience.ts'
import type { ChainCase } from '../types.ts'

/** Closing, and coming back. */
export const endCases: readonly ChainCase[] = [
  {
    name: 'ends its streams when it is closed, without calling that an outage',
    async run({ backend, follow }) {
      const log = follow(backend)
      await log.until(() => log.blocks.length > 0)
      await backend.close()
      await log.ended
      assert.deepEqual(
        log.steps.filter(({ type }) => type === 'stalled'),
        [],
      )
    },
  },
  {
    name: 'may be closed more than once',
    async run({ backend }) {
      await Promise.all([backend.close(), backend.close()])
      await backend.close()
    },
  },
  {
    name: 'leaves nobody waiting when it is closed',
    async run({ backend, channel, deadline }) {
      const { signed } = await channel()
      const waiting = later(backend.register(await signed(1n), [], { deadline: await deadline() }))
      await backend.close()
      const outcome: unknown = await waiting.then(
        () => undefined,
        (error: unknown) => error,
      )
      // Whoever was faster: the block, or the end.
      assert.ok(outcome === undefined || isWatcherError(outcome))
    },
  },
  {
    name: 'goes on with the same ledger after a restart',
    async run({ backend, restart, follow, channel, deadline, mining }) {
      const { id, signed } = await channel()
      await mining(backend.register(await signed(1n), [], { deadline: await deadline() }))
      await backend.close()
      const next = await restart()
      const log = follow(next)
      await log.until(() => log.blocks.some(({ isCurrent }) => isCurrent))
      assert.equal((await next.readRecord(id)).record?.version, 1n)
      await mining(next.register(await signed(2n), [], { deadline: await deadline() }))
      // The stream may begin with the block of the first.
      await log.until(() => log.of(id).some(({ version }) => version === 2n))
      assert.equal((await next.readRecord(id)).record?.version, 2n)
    },
  },
]
