import type { Lifetime } from '../../async/lifetime.ts'
import { type RetryDeps, retry } from '../../async/retry.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { Subscriber } from '../../spi/chain.ts'
import type { EngineStore } from '../channels/engine-store.ts'
import { type ChainFollowerDeps, followChain } from './follow-chain.ts'

export interface StreamKeeperDeps extends RetryDeps, ChainFollowerDeps {
  readonly chain: Pick<Subscriber, 'subscribe'>
  readonly store: EngineStore
  readonly life: Lifetime
}

/** Whatever ends the stream, it is opened again at the cursor: a watcher that sees nothing protects nobody. */
export async function followForever(deps: StreamKeeperDeps): Promise<void> {
  await deps.life.run((signal) =>
    retry(
      deps,
      async () => {
        try {
          await followOnce(deps, signal)
        } catch (error) {
          if (!deps.life.isOver) deps.logger.error('Chain stream failed; it is opened again', {}, error)
        }
        throw new WatcherError('CHAIN_UNREACHABLE', 'The chain stream ended.')
      },
      signal,
    ),
  )
}

async function followOnce(deps: StreamKeeperDeps, signal: AbortSignal): Promise<void> {
  const last = await deps.store.cursor({ signal })
  const subscription = deps.chain.subscribe({ fromBlock: last === undefined ? undefined : last + 1n })
  const close = (): void => {
    subscription.close().catch((error: unknown) => deps.logger.warn('Chain stream did not close', {}, error))
  }
  signal.addEventListener('abort', close, { once: true })
  try {
    await followChain(subscription, deps)
  } finally {
    signal.removeEventListener('abort', close)
    close()
  }
}
