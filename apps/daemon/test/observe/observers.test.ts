import { memoryStore, parseBlockHash, parseLedgerId, WatcherError } from '@perun-watcher/core'
import {
  type AdjudicatorSubscription,
  type ChainStep,
  perunRules,
  type RegistererSubscriber,
  type Store,
  silentLogger,
} from '@perun-watcher/core/adapter'
import { modelBackend, testChannel } from '@perun-watcher/core/testing'
import { expect, test } from 'vitest'
import { metricsRegistry } from '../../src/observe/metrics/metrics-registry.ts'
import { observedChain } from '../../src/observe/observed-chain.ts'
import { observedLogger } from '../../src/observe/observed-logger.ts'
import { observedStore } from '../../src/observe/observed-store.ts'

/** A clock that stands still until it is moved. */
function handClock() {
  let time = 0
  return {
    now: () => time,
    sleep: () => Promise.resolve(),
    pass(ms: number) {
      time += ms
    },
  }
}

const textOf = async (metrics: ReturnType<typeof metricsRegistry>) => (await metrics.text(async () => {})).body

function block(number: bigint, more: Partial<Extract<ChainStep, { type: 'block' }>> = {}): ChainStep {
  const hash = parseBlockHash(`0x${number.toString(16).padStart(64, '0')}`)
  const head = { number, hash, timestamp: number }
  return {
    type: 'block',
    head,
    finalNumber: 0n,
    reorgedFrom: undefined,
    removed: [],
    added: [],
    isCurrent: true,
    gap: false,
    ...more,
  }
}

/** A backend that tells one step after the other. */
function telling(steps: readonly ChainStep[]): RegistererSubscriber {
  const subscription: AdjudicatorSubscription = {
    async *[Symbol.asyncIterator]() {
      yield* steps
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
  const not = () => Promise.reject(new WatcherError('ACCOUNT_UNDERFUNDED', 'No money.'))
  const never = (): never => {
    throw new Error('not asked for')
  }
  return {
    ledgerId: parseLedgerId('test'),
    rules: perunRules,
    subscribe: () => subscription,
    register: not,
    concludeFinal: not,
    readRecord: never,
    recoverStates: never,
    findRegistrations: never,
    probe: async () => {},
    limits: modelBackend.limits,
    envelope: modelBackend.envelope,
    sizeOf: never,
    channelId: never,
    stateHash: never,
    verify: never,
    start: async () => {},
    close: async () => {},
  }
}

test('the view of the chain follows its steps: head, age, catching up, stalls, reorgs', async () => {
  const clock = handClock()
  const metrics = metricsRegistry()
  const stalled: ChainStep = { type: 'stalled', cause: new Error('no answer') }
  const steps = [
    block(1n, { isCurrent: false }),
    block(2n),
    block(2n),
    stalled,
    stalled,
    block(3n, { reorgedFrom: 2n }),
  ]
  const { chain, view } = observedChain(telling(steps), { clock, metrics })
  const seen: unknown[] = []
  for await (const _ of chain.subscribe({ fromBlock: undefined })) {
    clock.pass(1000)
    seen.push([view.head?.number, view.headAgeMs(), view.isCurrent, view.stalledBy?.message])
  }
  expect(seen).toEqual([
    [1n, 1000, false, undefined],
    [2n, 1000, true, undefined],
    [2n, 2000, true, undefined],
    [2n, 3000, true, 'no answer'],
    [2n, 4000, true, 'no answer'],
    [3n, 1000, true, undefined],
  ])
  const text = await textOf(metrics)
  expect(text).toContain('perun_watcher_chain_stalled_total 1\n')
  expect(text).toContain('perun_watcher_reorgs_total 1\n')
})

test('a refutation that fails is counted by its code, and fails as before', async () => {
  const metrics = metricsRegistry()
  const { chain } = observedChain(telling([]), { clock: handClock(), metrics })
  await expect(chain.concludeFinal(testChannel().signed(1n), { deadline: 1n })).rejects.toMatchObject({
    code: 'ACCOUNT_UNDERFUNDED',
  })
  expect(await textOf(metrics)).toContain('perun_watcher_refutations_failed_total{code="ACCOUNT_UNDERFUNDED"} 1\n')
})

test('the view of the store knows whether the newest write failed; refusals by its rules are no failures', async () => {
  const metrics = metricsRegistry()
  const failures: WatcherError[] = []
  const inner: Store = {
    ...memoryStore(),
    async commit() {
      const failure = failures.shift()
      if (failure !== undefined) throw failure
    },
  }
  const { store, view } = observedStore(inner, { clock: handClock(), metrics })
  failures.push(new WatcherError('STORE_FULL', 'Full.'))
  await expect(store.commit([])).rejects.toMatchObject({ code: 'STORE_FULL' })
  expect(view.failedBy).toMatchObject({ code: 'STORE_FULL' })
  await store.commit([])
  expect(view.failedBy).toBeUndefined()
  failures.push(new WatcherError('STORE_STALE_WRITE', 'Older.'))
  await expect(store.commit([])).rejects.toMatchObject({ code: 'STORE_STALE_WRITE' })
  expect(view.failedBy).toBeUndefined()
  expect(await textOf(metrics)).toContain('perun_watcher_store_failures_total{code="STORE_FULL"} 1\n')
})

test('warnings and errors of the log are counted, at whatever level it is', async () => {
  const metrics = metricsRegistry()
  const logger = observedLogger(silentLogger, metrics)
  logger.warn('Something')
  logger.warn('Something else')
  logger.error('Worse')
  const text = await textOf(metrics)
  expect(text).toContain('perun_watcher_log_entries_total{level="warn"} 2\n')
  expect(text).toContain('perun_watcher_log_entries_total{level="error"} 1\n')
})
