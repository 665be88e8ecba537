import { setImmediate } from 'node:timers/promises'
import {
  type AdjudicatorEvent,
  type Clock,
  memoryStore,
  parseBytes,
  parseClientName,
  type SignedState,
  type WatcherEngine,
  watcherEngine,
} from '@perun-watcher/core'
import type { EngineWatch } from '@perun-watcher/core/adapter'
import { type ModelChain, modelChain, modelSigned, type TestChannel } from '@perun-watcher/core/testing'
import { type QuotaKeeper, quotaKeeper } from '../../src/quotas/quota-keeper.ts'
import type { QuotaOptions } from '../../src/quotas/quotas.ts'

/** Time of the engine, which passes only when somebody sleeps. */
const eagerClock: Clock = {
  now: () => 0,
  async sleep(_, { signal } = {}) {
    await setImmediate(undefined, { signal })
  },
}

export interface Tenant {
  readonly told: readonly string[]
  readonly watch: EngineWatch
}

export interface Tenants extends AsyncDisposable {
  readonly chain: ModelChain
  readonly engine: WatcherEngine
  readonly keeper: QuotaKeeper
  /** Of the keeper, in milliseconds. */
  pass(ms: number): void
  watch(client: string, signed: SignedState, parent?: TestChannel): Promise<Tenant>
  mine(options?: Parameters<ModelChain['mine']>[0]): Promise<void>
  /** Other quotas for the same engine, as after a restart of the server. */
  keeperWith(quotas: QuotaOptions): QuotaKeeper
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await setImmediate()
}

/** A real engine on a ledger in memory, behind a quota keeper of which the test moves the clock. */
export async function tenants(quotas: QuotaOptions = {}): Promise<Tenants> {
  const chain = modelChain()
  let now = 0
  const engine = watcherEngine(
    { chain, store: memoryStore(), clock: eagerClock, random: () => 0.5 },
    { refuteDepth: 0n },
  )
  await engine.start()
  const keeperWith = (own: QuotaOptions): QuotaKeeper => quotaKeeper({ engine, quotas: own, clock: { now: () => now } })
  const keeper = keeperWith(quotas)
  return {
    chain,
    engine,
    keeper,
    keeperWith,
    pass(ms) {
      now += ms
    },
    async watch(client, signed, parent) {
      const told: string[] = []
      const push = (event: AdjudicatorEvent): void => void told.push(event.type)
      const options = { client: parseClientName(client), parent: parent?.id }
      return { told, watch: await keeper.startWatching(signed, { push, end() {} }, options) }
    },
    async mine(options) {
      await settle()
      chain.mine(options)
      await settle()
    },
    [Symbol.asyncDispose]: () => engine.shutdown({ signal: AbortSignal.abort() }).catch(() => {}),
  }
}

/** A state with so many bytes of app data. */
export function large(channel: TestChannel, version: bigint, bytes: number): SignedState {
  const { state } = channel.signed(version)
  return modelSigned(channel.params, { ...state, appData: parseBytes(`0x${'ab'.repeat(bytes)}`) })
}
