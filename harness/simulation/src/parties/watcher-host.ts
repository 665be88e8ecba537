import {
  type AdjudicatorLog,
  type ChannelId,
  parseChannelId,
  type TransactionHash,
  type WatcherEngine,
  watcherEngine,
} from '@perun-watcher/core'
import type { Store } from '@perun-watcher/core/adapter'
import { type BlindSpots, blindSpots } from '../world/blind-spots.ts'
import type { LedgerBlock } from '../world/ledger.ts'
import { knownRecords } from '../world/node/known-records.ts'
import { type SimNodeDeps, simNode } from '../world/node/sim-node.ts'
import { type SimProcess, simProcess } from '../world/sim-process.ts'
import { simStore } from '../world/sim-store.ts'
import type { Uptime } from '../world/timeline.ts'

export interface WatcherHostDeps
  extends Omit<
    SimNodeDeps,
    'process' | 'onLost' | 'onUnseen' | 'onLie' | 'onHead' | 'blindSpots' | 'knownRecords' | 'blocksTold'
  > {
  readonly disk: Store
  /** Most events that it keeps for a client that is away. */
  readonly mailboxLimit: number
  readonly stateCacheBytes: number
  /** The engine was told of a block. */
  readonly onHead: (engine: WatcherEngine) => void
}

/** The machine that the watcher runs on: it crashes and comes back with what is on its disk. */
export interface WatcherHost {
  /** The running engine; `undefined` while it is down or starting. */
  readonly engine: WatcherEngine | undefined
  /** Counts the runs; a watch of an earlier run is dead. */
  readonly run: number
  /** When it was ready for clients, run by run. */
  readonly uptimes: readonly Uptime[]
  /** Logs that some run of the watcher was not told. */
  readonly lost: ReadonlySet<AdjudicatorLog>
  /** Those of them of which it was not even told that something is missing, and when they should have been told. */
  readonly hidden: ReadonlyMap<AdjudicatorLog, number>
  readonly blindSpots: BlindSpots
  /** Transactions whose calldata some run of the watcher was not shown. */
  readonly unseen: ReadonlySet<TransactionHash>
  /** Transactions of the watcher that were reported as included and were not, or not there. */
  readonly madeUp: ReadonlySet<TransactionHash>
  /** Calls back when the run ends in whatever way. @returns what ends that. */
  onEnd(task: () => void): () => void
  boot(): void
  crash(downMs: number): void
  /** Ends it in an orderly way, and boots it again later. @returns whether it ended without the bound. */
  shutdown(boundMs: number, downMs: number): Promise<boolean>
}

export function watcherHost(deps: WatcherHostDeps): WatcherHost {
  const { time, dice, trace, is } = deps
  let run = 0
  let engine: WatcherEngine | undefined
  let uptimes: readonly Uptime[] = []
  let process: SimProcess | undefined
  const lost = new Set<AdjudicatorLog>()
  const hidden = new Map<AdjudicatorLog, number>()
  const blind = blindSpots(() => time.now)
  const known = knownRecords()
  const blocksTold = new Set<LedgerBlock>()
  const unseen = new Set<TransactionHash>()
  const madeUp = new Set<TransactionHash>()
  const endings = new Set<() => void>()

  /** What ran is over: nobody reaches it any more. */
  function end(): void {
    engine = undefined
    for (const task of endings) task()
    endings.clear()
    uptimes = uptimes.map((uptime) => ({ ...uptime, untilMs: uptime.untilMs ?? time.now }))
    run += 1
  }

  function onLost(logs: readonly AdjudicatorLog[], isHidden: boolean): void {
    for (const log of logs) {
      lost.add(log)
      unseen.add(log.transactionHash)
      if (!isHidden) continue
      hidden.set(log, time.now)
      blind.open(log.channelId)
    }
  }

  function onUnseen(hash: TransactionHash): void {
    unseen.add(hash)
  }

  /** The machine's clock is set forward or back, and right again later. */
  const errorMs = dice.fork('clock').pick([-3_600_000, -60_000, 60_000, 86_400_000])
  function clockError(): number {
    if (!is('wrongClock')) return 0
    trace.meet('fault: clock set wrong')
    return errorMs
  }

  function boot(): void {
    run += 1
    const mine = run
    const own = dice.fork(`run ${run}`)
    const alive = simProcess({
      time,
      dice: own.fork('latency'),
      slowness: () => (is('rpcSlow') ? 3_000 : 200),
      clockError,
    })
    process = alive
    known.restart()
    const chain = simNode({
      ...deps,
      process: alive,
      dice: own.fork('node'),
      onLost,
      onUnseen,
      onLie: (hash) => madeUp.add(hash),
      onHead: () => deps.onHead(starting),
      blindSpots: blind,
      knownRecords: known,
      blocksTold,
    })
    const store = simStore({ ...deps, process: alive, dice: own.fork('store') })
    const starting = watcherEngine(
      { chain, store, clock: alive.clock, random: own.fork('jitter').next },
      { refuteDepth: 2n, mailboxLimit: deps.mailboxLimit, stateCacheBytes: deps.stateCacheBytes },
    )
    starting.start().then(
      () => {
        if (mine !== run) return
        engine = hearingStarts(starting, known.forget)
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
    lost,
    hidden,
    blindSpots: blind,
    unseen,
    madeUp,
    onEnd(task) {
      endings.add(task)
      return () => endings.delete(task)
    },
    boot,
    crash(downMs) {
      if (process?.isAlive !== true) return
      trace.say('watcher crashes')
      trace.meet('fault: crash')
      process.crash()
      end()
      time.after(downMs, boot)
    },
    async shutdown(boundMs, downMs) {
      const ending = engine
      const mine = run
      if (ending === undefined) return false
      trace.say(`watcher shuts down within ${boundMs / 1000} s`)
      const bound = new AbortController()
      time.after(boundMs, () => bound.abort(new Error('The bound of the shutdown.')))
      const isSettled = await ending.shutdown({ signal: bound.signal }).then(
        () => true,
        () => false,
      )
      if (mine !== run) return false
      trace.meet(isSettled ? 'rule: shutdown with everything settled' : 'rule: shutdown within its bound')
      trace.say(isSettled ? 'watcher is down, everything settled' : 'watcher is down, out of time')
      process?.crash()
      end()
      time.after(downMs, boot)
      return isSettled
    },
  }
}

/** The same engine; tells of each watch before it begins. */
function hearingStarts(engine: WatcherEngine, onStart: (id: ChannelId) => void): WatcherEngine {
  return {
    ...engine,
    // What changes is not copied.
    get head() {
      return engine.head
    },
    get capacity() {
      return engine.capacity
    },
    get stats() {
      return engine.stats
    },
    get warnings() {
      return engine.warnings
    },
    startWatching(signed, ...rest) {
      onStart(parseChannelId(signed.state.channelId))
      return engine.startWatching(signed, ...rest)
    },
  }
}
