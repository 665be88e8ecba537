import type { Watcher } from '@perun-watcher/core'
import type { AdjudicatorSubscription, ChainStep, RegistererSubscriber, Store } from '@perun-watcher/core/adapter'
import { startLocalWatcher } from '@perun-watcher/transport-local'
import { benchBackend } from './bench-backend.ts'
import type { QuietNode } from './quiet-node.ts'

/** The watcher as users get it, over the real Ethereum backend, with an eye on what it does. */
export interface BenchWatcher extends AsyncDisposable {
  readonly watcher: Watcher
  /** Signed states that were verified so far. */
  readonly verifications: number
  /** One more block; resolves once the watcher has worked it off. */
  mine(): Promise<void>
}

export async function benchWatcher(store: Store, node: QuietNode): Promise<BenchWatcher> {
  const backend = benchBackend(node, store)
  let verifications = 0
  let onIdle = (): void => {}
  const chain: RegistererSubscriber = {
    ...backend,
    verify(signed) {
      verifications += 1
      return backend.verify(signed)
    },
    subscribe: (options) => observed(backend.subscribe(options), () => onIdle()),
  }
  const watcher = await startLocalWatcher({ chain, store })
  return {
    watcher,
    get verifications() {
      return verifications
    },
    mine: () =>
      new Promise((resolve) => {
        onIdle = resolve
        node.mine()
      }),
    [Symbol.asyncDispose]: () => watcher.shutdown(),
  }
}

/** The same stream; tells when the consumer is done with a step, that is when it asks for the next one. */
function observed(subscription: AdjudicatorSubscription, onDone: () => void): AdjudicatorSubscription {
  async function* steps(): AsyncGenerator<ChainStep, void, undefined> {
    for await (const step of subscription) {
      yield step
      onDone()
    }
  }
  const stream = steps()
  return { ...subscription, [Symbol.asyncIterator]: () => stream }
}
