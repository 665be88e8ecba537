import { setImmediate } from 'node:timers/promises'
import type { EngineWatch, EventSink, RegistererSubscriber, Store } from '../../src/adapter.ts'
import {
  type AdjudicatorEvent,
  type Clock,
  type EngineOptions,
  type Logger,
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

/** Time that passes only when the test lets it; pauses that end meanwhile end in their order. */
export interface TestClock extends Clock {
  pass(ms: number): Promise<void>
}

interface Sleeper {
  readonly due: number
  wake(): void
}

/** @param isStill no pause ends, and no patience either. */
function makeClock(isStill: boolean): TestClock {
  let now = 0
  const sleepers = new Set<Sleeper>()

  function next(until: number): Sleeper | undefined {
    return [...sleepers].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0]
  }

  return {
    now: () => now,
    sleep(ms, { signal } = {}) {
      // A turn of the event loop, as any timer has it.
      if (ms <= 0) return setImmediate(undefined, { signal })
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const onAbort = (): void => {
          sleepers.delete(sleeper)
          reject(signal?.reason)
        }
        const sleeper = {
          due: now + ms,
          wake() {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', onAbort)
            resolve()
          },
        }
        if (!isStill) sleepers.add(sleeper)
        signal?.addEventListener('abort', onAbort, { once: true })
      })
    },
    async pass(ms) {
      const until = now + ms
      for (let sleeper = next(until); sleeper !== undefined; sleeper = next(until)) {
        now = Math.max(now, sleeper.due)
        sleeper.wake()
        for (let turn = 0; turn < 5; turn++) await setImmediate()
      }
      now = Math.max(now, until)
    },
  }
}

export const testClock = (): TestClock => makeClock(false)

/** Time that passes as soon as somebody sleeps, so that pauses cost nothing. For what has no wait by the clock in it. */
export const eagerClock: Clock = {
  now: () => 0,
  async sleep(_, { signal } = {}) {
    signal?.throwIfAborted()
    await setImmediate(undefined, { signal })
  },
}

/** Time that stands still: no pause ends, and no patience either. */
export const stillClock: Clock = makeClock(true)

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
  /** Time by the clock; {@link mine} lets as much pass as the chain's. */
  readonly clock: TestClock
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
    /** Instead of {@link Setup.clock}. */
    readonly clock?: Clock
    readonly logger?: Logger
    /** What the engine sees instead of the whole chain: some of its functions replaced. */
    readonly chainOverrides?: Partial<RegistererSubscriber>
  } = {},
): Promise<Setup> {
  const chain = options.chain ?? modelChain()
  const store = options.store ?? memoryStore()
  const clock = testClock()
  const engine = watcherEngine(
    {
      chain: { ...chain, ...options.chainOverrides },
      store,
      clock: options.clock ?? clock,
      random: () => 0.5,
      logger: options.logger,
    },
    { ...options, refuteDepth: options.refuteDepth ?? 0n },
  )
  let isUp = false
  const starting = engine.start().finally(() => {
    isUp = true
  })
  // What fails at the start is tried again after pauses.
  for (await settle(); !isUp && options.clock === undefined; await settle()) await clock.pass(1000)
  await starting
  return {
    chain,
    engine,
    store,
    clock,
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
      await clock.pass(Number(mineOptions?.seconds ?? 12n) * 1000)
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
