import type { Lifetime } from '../../async/lifetime.ts'
import { type RetryDeps, retry } from '../../async/retry.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { LedgerId } from '../../model/brand.ts'
import type { Subscriber } from '../../spi/chain.ts'
import type { Store } from '../../spi/store.ts'
import { type ApplyStepsDeps, applySteps } from './apply-steps.ts'

export interface FollowChainDeps extends RetryDeps, ApplyStepsDeps {
  readonly chain: Pick<Subscriber, 'subscribe'>
  readonly ledger: LedgerId
  readonly store: Pick<Store, 'cursor'>
  readonly lifetime: Lifetime
}

/**
 * Follows the chain for as long as the engine lives. Whatever ends the stream, it is opened again at the cursor: a watcher
 * that sees nothing protects nobody.
 */
export async function followChain(deps: FollowChainDeps): Promise<void> {
  await deps.lifetime.run((signal) =>
    retry(
      deps,
      async () => {
        try {
          await followOnce(deps, signal)
        } catch (error) {
          if (!deps.lifetime.isOver) deps.logger.error('Chain stream failed; it is opened again', {}, error)
        }
        throw new WatcherError('CHAIN_UNREACHABLE', 'The chain stream ended.')
      },
      signal,
    ),
  )
}

async function followOnce(deps: FollowChainDeps, signal: AbortSignal): Promise<void> {
  const last = await deps.store.cursor(deps.ledger, { signal })
  const subscription = deps.chain.subscribe({ fromBlock: last === undefined ? undefined : last + 1n })
  const close = (): void => {
    subscription.close().catch((error: unknown) => deps.logger.warn('Chain stream did not close', {}, error))
  }
  signal.addEventListener('abort', close, { once: true })
  try {
    await applySteps(subscription, deps)
  } finally {
    signal.removeEventListener('abort', close)
    close()
  }
}
