import { type Address, evmBackend, failoverClient } from '@perun-watcher/chain-evm'
import { type LogFields, type Logger, type WatcherEngine, watcherEngine } from '@perun-watcher/core'
import type { Store, TransactionAttempt } from '@perun-watcher/core/adapter'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Scheduler } from '@perun-watcher/simulation/scheduler'
import { type SimProcess, simProcess } from '@perun-watcher/simulation/sim-process'
import type { Answer, Exchange } from '../endpoint/answer.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { adjudicatorAddress } from '../truth/contract.ts'
import { simSigner } from '../truth/transaction.ts'
import { simDisk } from './disk.ts'
import { type Meter, simClient } from './evm-client.ts'

export interface SubjectSettings {
  readonly chainId: bigint
  readonly accounts: readonly Address[]
  readonly finalityDepth: number
  readonly requestTimeoutMs: number
  readonly maxFeePerGasCap: bigint
  readonly maxPendingPerLane: number
}

export interface HostDeps {
  readonly time: Scheduler
  readonly dice: Dice
  readonly settings: SubjectSettings
  readonly endpoints: readonly Endpoint[]
  readonly disk: Store
  /** Calls back when an endpoint announces a head. */
  readonly watchHeads: (endpoint: Endpoint, wake: () => void) => () => void
  readonly isFull: () => boolean
  readonly onFullDisk: () => void
  readonly onAttempt: (attempt: TransactionAttempt) => void
  readonly onCursor: (blockNumber: bigint) => void
  /** An answer reached the program. */
  readonly onDelivered: (exchange: Exchange, answer: Answer) => void
  readonly say: (line: string) => void
}

/** What a run of the watcher has under way at one instant. */
export interface Load {
  readonly sleeps: number
  readonly requests: number
}

/** From a boot until a crash; a start that failed and was tried again lies within. */
export interface Uptime {
  readonly fromMs: number
  readonly untilMs: number | undefined
}

/** The machine of the watcher: the whole chain backend and the engine, as a program that crashes and comes back. */
export interface Host {
  /** `undefined` while it is down or starting. */
  readonly engine: WatcherEngine | undefined
  /** Counts the runs. */
  readonly run: number
  readonly uptimes: readonly Uptime[]
  readonly load: Load
  boot(): void
  /** Nothing of it goes on; after a while it boots again. */
  crash(downMs: number): void
}

interface CountingMeter extends Meter {
  readonly count: number
}

function meter(): CountingMeter {
  let count = 0
  return {
    get count() {
      return count
    },
    begin() {
      let isOver = false
      count += 1
      return () => {
        if (!isOver) count -= 1
        isOver = true
      }
    },
  }
}

const restartMs = 3_000

export function host(deps: HostDeps): Host {
  const { time, dice, settings, endpoints, say } = deps
  let engine: WatcherEngine | undefined
  let process: SimProcess | undefined
  let run = 0
  let uptimes: readonly Uptime[] = []
  let meters = { sleeps: meter(), requests: meter() }

  /** Somebody keeps the program running, whether or not it succeeds. */
  function power(): void {
    uptimes = [...uptimes, { fromMs: time.now, untilMs: undefined }]
    boot()
  }

  function boot(): void {
    run += 1
    const mine = run
    const own = dice.fork(`run ${run}`)
    meters = { sleeps: meter(), requests: meter() }
    const { sleeps, requests } = meters
    const alive = simProcess({ time, dice: own.fork('latency'), slowness: () => 5, clockError: () => 0 })
    process = alive
    const clock = {
      now: alive.clock.now,
      sleep(ms: number, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
        return alive.clock.sleep(ms, options).finally(sleeps.begin())
      },
    }
    const logger = traceLogger(say)
    const store = simDisk({ ...deps, process: alive, onRefusal: deps.onFullDisk })
    const client = failoverClient({
      endpoints: endpoints.map((each) => ({
        name: each.plan.name,
        client: simClient(each, alive, requests, deps.onDelivered, (wake) => deps.watchHeads(each, wake)),
      })),
      requestTimeoutMs: settings.requestTimeoutMs,
      clock,
      logger,
    })
    const { accounts, chainId, finalityDepth, requestTimeoutMs, maxFeePerGasCap, maxPendingPerLane } = settings
    const chain = evmBackend({
      client,
      signers: accounts.map(simSigner),
      adjudicator: adjudicatorAddress,
      chainId,
      journal: store,
      finalityDepth,
      requestTimeoutMs,
      fees: { maxFeePerGasCap },
      maxPendingPerLane,
      clock,
      random: own.fork('jitter').next,
      logger,
    })
    const starting = watcherEngine({ chain, store, clock, random: own.fork('engine').next, logger })
    starting.start().then(
      () => {
        if (mine !== run || !alive.isAlive) return
        engine = starting
        say(`the watcher is up, run ${mine}`)
      },
      (error: unknown) => {
        say(`the watcher does not start: ${String(error)}`)
        alive.crash()
        if (mine === run) time.after(restartMs, boot)
      },
    )
  }

  return {
    get engine() {
      return engine
    },
    get run() {
      return run
    },
    get uptimes() {
      return uptimes
    },
    get load() {
      return { sleeps: meters.sleeps.count, requests: meters.requests.count }
    },
    boot: power,
    crash(downMs) {
      say('the watcher crashes')
      process?.crash()
      engine = undefined
      run += 1
      uptimes = uptimes.map((uptime) => ({ ...uptime, untilMs: uptime.untilMs ?? time.now }))
      time.after(downMs, power)
    },
  }
}

const plain = (fields: LogFields | undefined): string =>
  Object.entries(fields ?? {})
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ')

function traceLogger(say: (line: string) => void): Logger {
  const tell =
    (level: string) =>
    (message: string, fields?: LogFields, error?: unknown): void =>
      say(`  ${level} ${message} ${plain(fields)} ${error === undefined ? '' : String(error)}`)
  return { trace: () => {}, debug: tell('debug'), info: tell('info'), warn: tell('WARN'), error: tell('ERROR') }
}
