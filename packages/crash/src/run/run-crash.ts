import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { raceSignal } from '@perun-watcher/chain-evm'
import { addressOf, createActor, type Devnet, devKey, startDevnet } from '@perun-watcher/devnet'
import { dice } from '@perun-watcher/simulation/dice'
import type { StoreKind } from '../protocol.ts'
import { familyScript } from '../script/family-script.ts'
import { waves } from '../script/waves.ts'
import { bundleChild } from '../world/bundle.ts'
import { Refused } from '../world/killable-child.ts'
import { startMiner } from '../world/miner.ts'
import { acknowledgements } from './acknowledgements.ts'
import { killPlans } from './kill-plans.ts'
import { type FamilyOutcome, type Patience, playFamily, type Stage, type Tally } from './play-family.ts'
import { settle } from './settle.ts'
import { Violation } from './verdict.ts'
import { type WatcherHost, watcherHost } from './watcher-host.ts'

export interface CrashOptions {
  readonly seed: number
  readonly kills: number
  /** How many families to play. Default: new ones until there were enough kills. */
  readonly families?: number | undefined
  /** Default: the real one. */
  readonly store?: StoreKind | undefined
  readonly patience?: Partial<Patience & { readonly settleMs: number }> | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

export interface Progress extends Tally {
  readonly kills: number
  readonly acknowledged: number
  readonly families: number
}

export interface CrashResult extends Progress {
  /** In order of their numbers. */
  readonly outcomes: readonly FamilyOutcome[]
  /** What broke; the first ended the run. */
  readonly violations: readonly Violation[]
  readonly hits: ReadonlyMap<string, number>
  readonly startMs: readonly number[]
  readonly killsUnderLoad: number
}

/** Families that are played at the same time. */
const familiesAtOnce = 6
/** Of the watcher, one lane each. */
const watcherKeys = [devKey(3), devKey(4)]
/** Small, so that what is final comes soon; nothing is reorganised here. */
const finalityDepth = 4
/** Blocks of this chain come faster than on any other. */
const paceMs = 30
const pollIntervalMs = 15
const defaultPatience = { truceMs: 15_000, forgottenMs: 60_000, settleMs: 60_000 } as const

/** Plays families on a chain of its own with a watcher that is killed; ends whatever it started, however it goes. */
export async function runCrash(options: CrashOptions): Promise<CrashResult> {
  const violations: Violation[] = []
  const ending = new AbortController()
  const fail = (violation: Violation): void => {
    violations.push(violation)
    ending.abort(violation)
  }
  const signal = AbortSignal.any([ending.signal, ...(options.signal === undefined ? [] : [options.signal])])
  const plans = killPlans(dice(options.seed).fork('kills'))
  const tally: Tally = { disputes: 0, truces: 0 }
  const promises = acknowledgements()
  const outcomes: FamilyOutcome[] = []
  const startMs: number[] = []
  let kills = 0
  let killsUnderLoad = 0

  await using folder = await temporaryFolder()
  const script = join(folder.path, 'child.cjs')
  await bundleChild(script)
  // Nothing is older than a few blocks; what is, must not fill disk and memory.
  await using devnet = await startDevnet({ automine: false, args: ['--prune-history', '500'] })
  await using miner = await startMiner(devnet, { paceMs, signal })
  try {
    await using host = watcherHost({
      script,
      settings: settingsOf(devnet, join(folder.path, 'store'), options.store ?? 'lmdb'),
      plans,
      mostKills: options.kills,
      acknowledgements: promises,
      fail,
      signal,
    })
    const report = setInterval(() => options.onProgress?.(progressOf(host)), 5_000)
    try {
      const patience = { ...defaultPatience, ...options.patience }
      const [honest, cheater] = await Promise.all([createActor(devnet, devKey(1)), createActor(devnet, devKey(2))])
      const stage: Stage = {
        devnet,
        honest,
        cheater,
        miner,
        host,
        waves: waves(miner.passTo),
        acknowledgements: promises,
        patience,
        tally,
      }
      await raceSignal(playAll(stage, options, outcomes), signal)
      await raceSignal(
        settle({ devnet, miner, host, accounts: watcherKeys.map(addressOf), patienceMs: patience.settleMs }),
        signal,
      )
      await host.shutDown()
    } catch (error) {
      // What was thrown because the run has failed already says nothing new.
      if (error instanceof Refused) violations.push(new Violation('refused', error.message))
      else if (error instanceof Violation && !violations.includes(error)) violations.push(error)
      else if (violations.length === 0) throw error
    } finally {
      clearInterval(report)
      kills = host.kills
      killsUnderLoad = host.killsUnderLoad
      startMs.push(...host.startMs)
    }
  } finally {
    ending.abort(new Error('The run has ended.'))
  }
  outcomes.sort((a, b) => a.number - b.number)
  return {
    ...tally,
    kills,
    acknowledged: promises.count,
    families: outcomes.length,
    outcomes,
    violations,
    hits: plans.hits,
    startMs,
    killsUnderLoad,
  }

  function progressOf({ kills: soFar }: WatcherHost): Progress {
    return { ...tally, kills: soFar, acknowledged: promises.count, families: outcomes.length }
  }
}

/** New families as old ones conclude, until there are enough. */
async function playAll(
  stage: Stage,
  { seed, kills, families }: CrashOptions,
  outcomes: FamilyOutcome[],
): Promise<void> {
  let next = 0
  const isEnough = (): boolean => (families === undefined ? stage.host.kills >= kills : next >= families)
  async function work(): Promise<void> {
    while (!isEnough()) {
      const number = next
      next += 1
      outcomes.push(await playFamily(stage, familyScript(dice(seed), number)))
    }
  }
  await Promise.all(Array.from({ length: familiesAtOnce }, work))
}

function settingsOf(devnet: Devnet, storePath: string, store: StoreKind) {
  const { rpcUrl, chainId, contracts } = devnet
  const { adjudicator } = contracts
  return { storePath, store, rpcUrl, chainId, adjudicator, keys: watcherKeys, finalityDepth, pollIntervalMs }
}

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'perun-crash-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
