import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { raceSignal } from '@perun-watcher/core/internal'
import { addressOf, createActor, type Devnet, devKey, startDevnet } from '@perun-watcher/devnet'
import { bundle } from '@perun-watcher/harness-kit/bundle'
import { Refused } from '@perun-watcher/harness-kit/child'
import { dice } from '@perun-watcher/harness-kit/dice'
import { reportEvery } from '@perun-watcher/harness-kit/output'
import { temporaryFolder } from '@perun-watcher/harness-kit/temporary-folder'
import type { StoreKind } from '../protocol.ts'
import { type FamilyScript, familyScript } from '../script/family-script.ts'
import { waves } from '../script/waves.ts'
import { startMiner } from '../world/miner.ts'
import { type Acknowledgements, acknowledgements } from './acknowledgements.ts'
import { awaitConfirmations } from './await-confirmations.ts'
import { type KillPlans, killPlans } from './kill-plans.ts'
import { type FamilyOutcome, type Patience, playFamily, type Setup, type Tally } from './play-family.ts'
import { Violation } from './verdict.ts'
import { type WatcherHost, watcherHost } from './watcher-host.ts'

export interface CrashOptions {
  readonly seed: number
  readonly kills: number
  /** How many families to play. Default: new ones until there were enough kills. */
  readonly families?: number | undefined
  /** What happens to each family, by its number. Default: as the seed says. */
  readonly scriptOf?: ((number: number) => FamilyScript) | undefined
  /** Default: the real one. */
  readonly store?: StoreKind | undefined
  readonly patience?: Partial<Patience & { readonly confirmationsMs: number }> | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

export interface Progress extends Tally {
  readonly kills: number
  readonly truces: number
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
const progressMs = 5_000
const defaultPatience = { truceMs: 15_000, forgottenMs: 60_000, confirmationsMs: 60_000 } as const

/** What a run has come to so far. */
interface Course {
  readonly violations: Violation[]
  readonly outcomes: FamilyOutcome[]
  readonly tally: Tally
  readonly promises: Acknowledgements
  readonly plans: KillPlans
  readonly fail: (violation: Violation) => void
  /** Nothing is waited for any more. */
  readonly end: () => void
  /** Aborts with the first violation, at the end, or when the caller has enough. */
  readonly signal: AbortSignal
}

function newCourse({ seed, signal }: CrashOptions): Course {
  const violations: Violation[] = []
  const ending = new AbortController()
  return {
    violations,
    outcomes: [],
    tally: { disputes: 0 },
    promises: acknowledgements(),
    plans: killPlans(dice(seed).fork('kills')),
    fail(violation) {
      violations.push(violation)
      ending.abort(violation)
    },
    end: () => ending.abort(new Error('The run has ended.')),
    signal: AbortSignal.any([ending.signal, ...(signal === undefined ? [] : [signal])]),
  }
}

function progressOf({ tally, promises, outcomes }: Course, { kills, truces }: WatcherHost): Progress {
  return { ...tally, kills, truces, acknowledged: promises.count, families: outcomes.length }
}

const child = new URL('../child/main.ts', import.meta.url)

/** Plays families on a chain of its own with a watcher that is killed; ends whatever it started, however it goes. */
export async function runCrash(options: CrashOptions): Promise<CrashResult> {
  const course = newCourse(options)
  const { fail, plans, promises, signal, violations } = course
  using folder = temporaryFolder('crash')
  const script = join(folder.path, 'child.cjs')
  await writeFile(script, await bundle({ entry: child }))
  // Nothing is older than a few blocks; what is, must not fill disk and memory.
  await using devnet = await startDevnet({ automine: false, args: ['--prune-history', '500'] })
  await using miner = await startMiner(devnet, { paceMs, signal })
  await using host = watcherHost({
    script,
    settings: settingsOf(devnet, join(folder.path, 'store'), options.store ?? 'lmdb'),
    plans,
    mostKills: options.kills,
    acknowledgements: promises,
    fail,
    signal,
  })
  using _report = reportEvery(progressMs, () => options.onProgress?.(progressOf(course, host)))
  try {
    await raceSignal(play({ devnet, miner, host }, course, options), signal)
  } catch (error) {
    // What was thrown because the run has failed already says nothing new.
    if (error instanceof Refused) violations.push(new Violation('refused', error.message))
    else if (error instanceof Violation && !violations.includes(error)) violations.push(error)
    else if (violations.length === 0) throw error
  } finally {
    course.end()
  }
  const { startMs, killsUnderLoad } = host
  const outcomes = course.outcomes.toSorted((a, b) => a.number - b.number)
  return { ...progressOf(course, host), outcomes, violations, hits: plans.hits, startMs, killsUnderLoad }
}

/** All families, then the end of everything that is under way, then an orderly end. */
async function play(
  parts: Pick<Setup, 'devnet' | 'miner' | 'host'>,
  { outcomes, promises, tally }: Course,
  options: CrashOptions,
): Promise<void> {
  const { devnet, miner, host } = parts
  const patience = { ...defaultPatience, ...options.patience }
  const [honest, cheater] = await Promise.all([createActor(devnet, devKey(1)), createActor(devnet, devKey(2))])
  const setup: Setup = {
    ...parts,
    honest,
    cheater,
    waves: waves(miner.passTo),
    acknowledgements: promises,
    patience,
    tally,
  }
  await playAll(setup, options, outcomes)
  await awaitConfirmations({
    devnet,
    miner,
    host,
    accounts: watcherKeys.map(addressOf),
    patienceMs: patience.confirmationsMs,
  })
  await host.shutDown()
}

/** New families as old ones conclude, until there are enough. */
async function playAll(
  setup: Setup,
  { seed, kills, families, scriptOf = (number) => familyScript(dice(seed), number) }: CrashOptions,
  outcomes: FamilyOutcome[],
): Promise<void> {
  let next = 0
  const isEnough = (): boolean => (families === undefined ? setup.host.kills >= kills : next >= families)
  async function work(): Promise<void> {
    while (!isEnough()) {
      const number = next
      next += 1
      outcomes.push(await playFamily(setup, scriptOf(number)))
    }
  }
  await Promise.all(Array.from({ length: familiesAtOnce }, work))
}

function settingsOf(devnet: Devnet, storePath: string, store: StoreKind) {
  const { rpcUrl, chainId, contracts } = devnet
  const { adjudicator } = contracts
  return { storePath, store, rpcUrl, chainId, adjudicator, keys: watcherKeys, finalityDepth, pollIntervalMs }
}
