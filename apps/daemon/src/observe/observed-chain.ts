import type { Block, Clock } from '@perun-watcher/core'
import type {
  AdjudicatorSubscription,
  ChainStep,
  Inclusion,
  RegistererSubscriber,
  SendOptions,
} from '@perun-watcher/core/adapter'
import { errorCodeOf } from './metrics/declarations.ts'
import type { Metrics } from './metrics/metrics-registry.ts'
import { type RefutationView, refutationWatch } from './refutation-watch.ts'

/** The state of the connection to the chain. */
export interface ChainView {
  /** The newest block that the backend reported. */
  readonly head: Block | undefined
  /** Milliseconds since the head changed, or since startup if there is none yet. */
  headAgeMs(): number
  /** Whether everything up to the head was reported. */
  readonly isCurrent: boolean
  /** Why the chain cannot be followed at the moment, if it cannot. */
  readonly stalledBy: Error | undefined
  readonly refutations: RefutationView
}

export interface ObservedChain {
  /** The wrapped backend. */
  readonly chain: RegistererSubscriber
  readonly view: ChainView
}

export interface ChainObserverOptions {
  readonly clock: Clock
  readonly metrics: Metrics
  /** Hears of every step. */
  readonly onStep?: (step: ChainStep) => void
}

/** Wraps a backend to observe what it reports and sends. */
export function observedChain(
  backend: RegistererSubscriber,
  { clock, metrics, onStep }: ChainObserverOptions,
): ObservedChain {
  const refutations = refutationWatch(clock)
  let head: Block | undefined
  let toldAt = clock.now()
  let isCurrent = false
  let stalledBy: Error | undefined

  function note(step: ChainStep): void {
    if (step.type === 'stalled') {
      if (stalledBy === undefined) metrics.count('perun_watcher_chain_stalled_total')
      stalledBy = step.cause
      return
    }
    stalledBy = undefined
    isCurrent = step.isCurrent
    if (step.head.hash !== head?.hash) toldAt = clock.now()
    head = step.head
    if (step.reorgedFrom !== undefined) metrics.count('perun_watcher_reorgs_total')
  }

  async function* steps(subscription: AdjudicatorSubscription): AsyncGenerator<ChainStep> {
    for await (const step of subscription) {
      note(step)
      onStep?.(step)
      yield step
    }
  }

  async function refuting(
    options: SendOptions,
    send: (options: SendOptions) => Promise<Inclusion>,
  ): Promise<Inclusion> {
    const { deadline } = options
    const watched = refutations.begin(head?.timestamp, options)
    metrics.count('perun_watcher_refutations_asked_total')
    const onSent = (): void => {
      watched.sent()
      metrics.count('perun_watcher_refutations_sent_total')
      options.onSent?.()
    }
    try {
      const inclusion = await send({ ...options, onSent })
      watched.included()
      metrics.count('perun_watcher_refutations_included_total')
      metrics.observe('perun_watcher_refutation_seconds_left', Number(deadline - inclusion.block.timestamp))
      return inclusion
    } catch (error) {
      watched.failed(error)
      metrics.count('perun_watcher_refutations_failed_total', { code: errorCodeOf(error) })
      throw error
    }
  }

  return {
    chain: {
      ...backend,
      subscribe(options) {
        const subscription = backend.subscribe(options)
        return {
          [Symbol.asyncIterator]: () => steps(subscription),
          close: () => subscription.close(),
          [Symbol.asyncDispose]: () => subscription.close(),
        }
      },
      register: (channel, subChannels, options) =>
        refuting(options, (observed) => backend.register(channel, subChannels, observed)),
      concludeFinal: (channel, options) => refuting(options, (observed) => backend.concludeFinal(channel, observed)),
    },
    view: {
      get head() {
        return head
      },
      headAgeMs: () => clock.now() - toldAt,
      get isCurrent() {
        return isCurrent
      },
      get stalledBy() {
        return stalledBy
      },
      refutations: refutations.view,
    },
  }
}
