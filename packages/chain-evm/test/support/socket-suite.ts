import type { RegistererSubscriber } from '@perun-watcher/core/adapter'
import { devKey, startDevnet } from '@perun-watcher/devnet'
import { describe, expect, it } from 'vitest'
import type { BackendRequest } from './backend-suite.ts'
import { StepLog } from './step-log.ts'

export interface SocketBackend {
  readonly backend: RegistererSubscriber
  /** Closes the connection. */
  readonly disconnect: () => Promise<void>
}

/** The tests that every backend over a WebSocket must pass. */
export function socketSuite(name: string, create: (request: BackendRequest) => SocketBackend): void {
  describe(name, () => {
    it('hears of new blocks without polling', async () => {
      await using devnet = await startDevnet({ automine: false })
      const { backend, disconnect } = create({
        rpcUrl: devnet.rpcUrl,
        wsUrl: devnet.wsUrl,
        privateKey: devKey(3),
        adjudicator: devnet.contracts.adjudicator,
        chainId: BigInt(devnet.chainId),
        // Far beyond the patience of the test: whatever comes sooner was announced.
        pollIntervalMs: 3_600_000,
      })
      await backend.start()
      const log = new StepLog(backend)
      await log.until(() => log.steps.length === 1)
      // The announcements begin some time after the first step; blocks before that are told with the next.
      const heads = (): number => log.steps.length
      for (let told = heads(); told < 4; ) {
        await devnet.anvil.mine()
        await Promise.race([log.until(() => heads() > told), new Promise((resolve) => setTimeout(resolve, 50))])
        told = heads()
      }
      expect(log.steps.filter(({ type }) => type === 'stalled')).toEqual([])
      await backend.close()
      await log.ended
      await disconnect()
    })
  })
}
