import { setImmediate } from 'node:timers/promises'
import type { EngineWatch, EventSink, RegistererSubscriber, Store } from '../../src/adapter.ts'
import {
  type AdjudicatorEvent,
  type Clock,
  type EngineOptions,
  memoryStore,
  parseClientName,
  parseLedgerId,
  type SignedState,
  type WatcherEngine,
  watcherEngine,
} from '../../src/index.ts'
import type { TestChannel } from '../../src/testing/index.ts'
import { describeEvent, type ModelChain, modelChain } from '../../src/testing/index.ts'

/** The ledger of every `modelChain`. */
export const modelLedger = parseLedgerId('model:1')

/** Time that passes only when somebody sleeps, so that pauses cost nothing and still come in order. */
export const eagerClock: Clock = (() => {
  let now = 0
  return {
    now: () => now,
    async sleep(ms, { signal } = {}) {
      signal?.throwIfAborted()
      now += ms
      await setImmediate(undefined, { signal })
    },
  }
})()

/** Time that stands still: no pause ends, and no patience either. */
export const stillClock: Clock = {
  now: () => 0,
  sleep: (_, { signal } = {}) =>
    new Promise((_, reject) => {
      if (signal?.aborted) reject(signal.reason)
      else signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    }),
}

/** Lets everything run that can run without a new block. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await setImmediate()
}

/** Whether a promise is still open after everything ran that can run without a new block. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  await settle()
  const asleep = Symbol('asleep')
  return (await Promise.race([promise, Promise.resolve(asleep)])) === asleep
}

export interface Watched extends EngineWatch {
  readonly events: readonly AdjudicatorEvent[]
  /** Whether the engine ended the subscription, and why. */
  readonly end: { readonly error: Error | undefined } | undefined
  /** `type version` of each event, for reading in tests. */
  readonly told: readonly string[]
}

export interface Setup extends AsyncDisposable {
  readonly chain: ModelChain
  readonly engine: WatcherEngine
  readonly store: Store
  /** All watches belong to one client, unless `client` names another. */
  watch(signed: SignedState, parent?: TestChannel, client?: string): Promise<Watched>
  /** Makes a block and lets everything settle. */
  mine(options?: Parameters<ModelChain['mine']>[0]): Promise<void>
  reorg(depth: number): Promise<void>
}

export async function setup(
  options: EngineOptions & {
    readonly chain?: ModelChain
    readonly store?: Store
    /** Default: {@link eagerClock}. */
    readonly clock?: Clock
    /** What the engine sees instead of the whole chain: some of its functions replaced. */
    readonly chainOverrides?: Partial<RegistererSubscriber>
  } = {},
): Promise<Setup> {
  const chain = options.chain ?? modelChain()
  const store = options.store ?? memoryStore()
  const engine = watcherEngine(
    { chain: { ...chain, ...options.chainOverrides }, store, clock: options.clock ?? eagerClock, random: () => 0.5 },
    { ...options, refuteDepth: options.refuteDepth ?? 0n },
  )
  await engine.start()
  return {
    chain,
    engine,
    store,
    async watch(signed, parent, client = 'local') {
      const events: AdjudicatorEvent[] = []
      let end: Watched['end']
      const sink: EventSink = {
        push: (event) => void events.push(event),
        end(error) {
          end = { error }
        },
      }
      const watch = await engine.startWatching(signed, sink, { client: parseClientName(client), parent: parent?.id })
      return {
        ...watch,
        events,
        get end() {
          return end
        },
        get told() {
          return events.map(describeEvent)
        },
      }
    },
    async mine(mineOptions) {
      await settle()
      chain.mine(mineOptions)
      await settle()
    },
    async reorg(depth) {
      chain.reorg(depth)
      await settle()
    },
    [Symbol.asyncDispose]: () => engine.shutdown({ signal: AbortSignal.abort() }).catch(() => {}),
  }
}
