import { type SignedState, type Store, type WatcherEngine, watcherEngine } from '@perun-watcher/core'
import { simStore } from '../world/disk.ts'
import type { Ledger } from '../world/ledger.ts'
import { simNode } from '../world/node.ts'
import { type SimProcess, simProcess } from '../world/process.ts'
import type { Dice } from '../world/random.ts'
import type { Scheduler } from '../world/scheduler.ts'
import type { Uptime } from '../world/timeline.ts'
import type { Trace } from '../world/trace.ts'
import type { Hardship } from '../world/weather.ts'

export interface WatcherHostDeps {
  readonly time: Scheduler
  readonly chance: Dice
  readonly trace: Trace
  readonly ledger: Ledger
  readonly disk: Store
  readonly is: (hardship: Hardship) => boolean
  readonly forgeries: () => readonly SignedState[]
}

/** The machine that the watcher runs on: it crashes and comes back with what is on its disk. */
export interface WatcherHost {
  /** The running engine; `undefined` while it is down or starting. */
  readonly engine: WatcherEngine | undefined
  /** Counts the runs; a watch of an earlier run is dead. */
  readonly run: number
  /** When it was ready for clients, run by run. */
  readonly uptimes: readonly Uptime[]
  boot(): void
  crash(downMs: number): void
}

export function watcherHost(deps: WatcherHostDeps): WatcherHost {
  const { time, chance, trace, is } = deps
  let run = 0
  let engine: WatcherEngine | undefined
  let uptimes: readonly Uptime[] = []
  let process: SimProcess | undefined

  function boot(): void {
    run += 1
    const mine = run
    const dice = chance.fork(`run ${run}`)
    const alive = simProcess(time, dice.fork('latency'), () => (is('rpcSlow') ? 3_000 : 200))
    process = alive
    const chain = simNode({ ...deps, process: alive, chance: dice.fork('node') })
    const store = simStore({ ...deps, process: alive, chance: dice.fork('store') })
    const starting = watcherEngine(
      { chain, store, clock: alive.clock, random: dice.fork('jitter').next },
      { refuteDepth: 2n },
    )
    starting.start().then(
      () => {
        if (mine !== run) return
        engine = starting
        uptimes = [...uptimes, { fromMs: time.now, untilMs: undefined }]
        trace.say(`watcher is up, run ${run}`)
      },
      (error: unknown) => {
        trace.say(`watcher failed to start: ${String(error)}`)
        if (mine === run && alive.isAlive) time.after(5_000, boot)
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
    boot,
    crash(downMs) {
      if (process?.isAlive !== true) return
      trace.say('watcher crashes')
      trace.meet('fault: crash')
      process.crash()
      engine = undefined
      uptimes = uptimes.map((uptime) => ({ ...uptime, untilMs: uptime.untilMs ?? time.now }))
      run += 1
      time.after(downMs, boot)
    },
  }
}
