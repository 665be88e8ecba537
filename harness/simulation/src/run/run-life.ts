import { type BlockHash, type ChannelId, memoryStore, type SignedState } from '@perun-watcher/core'
import { dice } from '@perun-watcher/harness-kit/dice'
import { checkCosts } from '../checks/costs.ts'
import { checkHaste } from '../checks/haste.ts'
import { checkImprovements } from '../checks/improvements.ts'
import { checkJudged, simJudge } from '../checks/judged.ts'
import { checkStops } from '../checks/liveness.ts'
import type { RunOutcome } from '../checks/outcome.ts'
import { checkSequences, hasHeardLater } from '../checks/sequences.ts'
import { checkMailboxes, checkNothingLeft, checkNothingLost, checkStoredStates } from '../checks/stored.ts'
import { checkFinals, checkTold, checkUnread } from '../checks/told.ts'
import { checkTruth } from '../checks/truth.ts'
import { workMeter } from '../checks/work.ts'
import type { Milestone } from '../coverage/milestones.ts'
import { sendObserver } from '../coverage/send-observer.ts'
import { type Family, openFamily } from '../parties/families.ts'
import { guardedChannels, type Household, newestAcknowledged } from '../parties/household.ts'
import { type WatcherHost, watcherHost } from '../parties/watcher-host.ts'
import { assetHolders } from '../world/asset-holders.ts'
import { drawSizes } from '../world/block-space.ts'
import { simSigned } from '../world/crypto.ts'
import { type Hardship, hardshipSchedule } from '../world/hardships.ts'
import { ledger as newLedger } from '../world/ledger.ts'
import { type Scheduler, scheduler } from '../world/scheduler.ts'
import { trace as newTrace, type Trace } from '../world/trace.ts'
import { crashesUponLogs, crashSometimes } from './crashes.ts'
import { drawRun } from './draw-run.ts'
import { liesUponCheats } from './lies-upon-cheats.ts'
import { keepMining, mineBlocks } from './mine-blocks.ts'
import type { Omission, RunOptions } from './options.ts'
import { type Outsider, settle } from './settle.ts'
import { shutDownOnce } from './shut-down-once.ts'

const minute = 60_000

/** Blocks on top that make a block final. */
const finalityDepths = [2, 4, 8, 12]

export interface RunResult {
  readonly seed: number
  readonly violations: readonly string[]
  /** How often each rule and fault was met. */
  readonly met: ReadonlyMap<Milestone, number>
  readonly trace: readonly string[]
}

/** What became of the states of a channel. */
export interface Fate {
  /** The newest version that was acknowledged to honest clients; -1 for none. */
  readonly taken: bigint
  /** The newest that all of its participants signed. */
  readonly signed: bigint
}

/** A life, and what to compare it by. */
export interface LifeResult extends RunResult {
  /** Whether another tenant was there, and nothing else that could make a difference. */
  readonly isComparable: boolean
  /** Of each channel that no honest client stopped. */
  readonly fates: ReadonlyMap<ChannelId, Fate>
}

/** One life of a watcher among faulty machines and a cheater, decided by the seed alone. */
export async function runLife(seed: number, options: RunOptions = {}): Promise<LifeResult> {
  const chances = dice(seed)
  const { scenario, tempo, durations, families: count, minutes, without } = drawRun(chances, options)
  const { scale } = tempo
  const activeMs = scale * minutes * minute
  /** Windows close, channels are concluded. */
  const endMs = activeMs + scale * 50 * minute
  const time = scheduler()
  const trace = newTrace(() => time.now, options.keepsTrace ?? false)
  const families = Array.from({ length: count }, (_, number) =>
    openFamily(chances.fork(`family ${number}`), { number: number + 1, durations, cast: scenario?.cast }),
  )
  const schedule = hardshipSchedule(chances.fork('weather'), {
    lengthMs: activeMs,
    families: count,
    scale,
    without: without.filter(isHardship),
  })
  const is = (hardship: Hardship): boolean => schedule.is(hardship, time.now)
  const ledger = newLedger(
    assetHolders({
      dice: chances.fork('holders'),
      now: () => time.now,
      lengthMs: activeMs,
      onRefusal: () => trace.meet('cheat: pays nobody'),
    }),
  )
  const finalityDepth = chances.fork('finality').pick(finalityDepths)
  const disk = memoryStore()
  const sizes = drawSizes(
    chances.fork('sizes'),
    families.map(({ root }) => root.newest),
  )
  const mailboxLimit = chances.fork('mailboxes').pick([6, 64])
  // With 1 nothing is kept: every read goes to the store, and meets its faults.
  const stateCacheBytes = chances.fork('state cache').pick([1, 8_192, 1_048_576])
  const households: Household[] = []
  const measure = workMeter(trace, () => time.now)
  const crashUponLog = crashesUponLogs({
    host: () => host,
    time,
    dice: chances.fork('crashes upon logs'),
    trace,
    ledger,
    without,
    ids: new Set(families.flatMap(({ channels }) => channels.map(({ id }) => id))),
  })
  const host: WatcherHost = watcherHost({
    time,
    dice: chances.fork('host'),
    trace,
    ledger,
    disk,
    mailboxLimit,
    stateCacheBytes,
    is,
    finalityDepth,
    pollMs: tempo.pollMs,
    longestBlockMs: tempo.blocks?.mostMs,
    sizes,
    hangsUntil: (id) => schedule.hangsUntil(numberOf(families, id), time.now),
    waitsUntil: (id) => (numberOf(families, id) === 0 ? schedule.strangersWaitUntil(time.now) : undefined),
    onHead(engine) {
      measure(engine)
      crashUponLog()
    },
    observer: sendObserver(trace, ledger, guardedChannels(households)),
    forgeries: () => forgeriesOf(families),
  })
  const outsiders: Outsider[] = []
  // Channels that others sign alone are what another tenant can do most harm with.
  const isTempting = families.some(({ channels }) => channels.some(({ isTheirs }) => isTheirs))
  const hasTenant = chances.fork('tenants').chance(isTempting ? 0.5 : 0.07) && !without.includes('tenants')

  const lie = liesUponCheats(schedule, { time, dice: chances.fork('league'), trace, scale })

  host.boot()
  const brokenFinality = new Set<BlockHash>()
  mineBlocks({ time, dice: chances.fork('blocks'), ledger, trace, is, finalityDepth, tempo, brokenFinality })
  for (const family of families) {
    const settled = settle(family, {
      time,
      dice: chances.fork(`household ${family.number}`),
      trace,
      ledger,
      host,
      is,
      tempo,
      activeMs,
      without,
      hasTenant,
      finalityDepth,
      schedule,
      scenario,
      onCheat: lie,
    })
    households.push(settled.household)
    outsiders.push(...settled.outsiders)
  }
  if (!without.includes('crashes')) crashSometimes(host, time, chances.fork('crashes'), activeMs)
  const judge = simJudge()
  const look = (): RunOutcome => ({
    households,
    ledger,
    nowMs: time.now,
    tempo,
    sizes,
    schedule,
    disk,
    uptimes: host.uptimes,
    finalRun: host.run,
    mailboxLimit,
    lost: host.lost,
    hidden: host.hidden,
    blindSpots: host.blindSpots,
    unseen: host.unseen,
    madeUp: host.madeUp,
    brokenFinality,
  })
  if (!without.includes('shutdowns')) {
    shutDownOnce({ host, time, dice: chances.fork('shutdown'), activeMs, trace, outcome: look, judge })
  }
  await time.run(endMs)

  const outcome = look()
  const found = [
    ...checkJudged(outcome, judge),
    ...checkHaste(outcome, judge),
    ...checkTruth(outcome),
    ...checkCosts(outcome),
    ...checkImprovements(outcome),
    ...(await checkNothingLost(households, disk)),
    ...(await checkStoredStates(disk)),
    ...(await checkMailboxes(households, disk, mailboxLimit)),
    ...(await checkEvents(outcome, trace)),
  ]
  if (tempo.blocks === undefined) keepMining(time, ledger, finalityDepth)
  found.push(...(await farewell(households, outsiders, time, { nowMs: endMs, scale })))
  found.push(...checkStops(look()))
  found.push(...(await checkNothingLeft(disk, host.engine)))
  for (const violation of found) trace.violate(violation)
  return {
    seed,
    violations: trace.violations,
    met: trace.met,
    trace: trace.lines,
    isComparable: hasTenant && schedule.isFair && scenario === undefined,
    fates: fatesOf(households, endMs),
  }
}

/** All that clients must have heard, in order, and how much may have been left out. */
async function checkEvents(outcome: RunOutcome, trace: Trace): Promise<readonly string[]> {
  const clients = outcome.households.flatMap((household) => household.clients)
  const unread = await checkUnread(clients.flatMap((client) => client.unread))
  const sequences = checkSequences(outcome)
  if (unread.hasDropped) trace.meet('rule: silent client bounded')
  if (sequences.hasDropped) trace.meet('rule: full mailbox bounded')
  if (hasHeardLater(outcome)) trace.meet('rule: told after coming back')
  return [...checkTold(outcome), ...checkFinals(outcome), ...sequences.violations, ...unread.violations]
}

function isHardship(omission: Omission): omission is Hardship | 'hangs' {
  return !['crashes', 'shutdowns', 'guests', 'nuisances', 'tenants', 'archives'].includes(omission)
}

function numberOf(families: readonly Family[], id: ChannelId): number {
  return families.find(({ channels }) => channels.some((channel) => channel.id === id))?.number ?? 0
}

/** Look like states of the victims and are worth nothing. */
function forgeriesOf(families: readonly Family[]): readonly SignedState[] {
  return families.map(({ root }) => {
    const state = { ...root.newest.state, version: root.newest.state.version + 1000n }
    const forged = simSigned(root.params, state)
    return { ...forged, sigs: [...forged.sigs].reverse() }
  })
}

/** @param endMs when everybody begins to leave: who comes back only for that, and in which order, is chance. */
function fatesOf(households: readonly Household[], endMs: number): LifeResult['fates'] {
  return new Map(
    households.flatMap((household) =>
      household.family.channels
        .filter(({ id }) =>
          household.clients.every(({ archivals }) => archivals.every((each) => each.channelId !== id)),
        )
        .map(({ id, newest }) => {
          const taken = newestAcknowledged(household, id, endMs)?.signed.state.version ?? -1n
          return [id, { taken, signed: newest.state.version }] as const
        }),
    ),
  )
}

/** Everybody stops their watches; the watcher must let them go. */
async function farewell(
  households: readonly Household[],
  outsiders: readonly Outsider[],
  time: Scheduler,
  { nowMs, scale }: { readonly nowMs: number; readonly scale: number },
): Promise<readonly string[]> {
  for (const each of outsiders) each.leave()
  await time.run(nowMs + 2 * minute, () => outsiders.every(({ hasLeft }) => hasLeft))
  const clients = households.flatMap((household) => household.clients)
  for (const client of clients) if (!client.hasLeft) client.leave()
  await time.run(nowMs + 22 * minute, () => clients.every(({ hasLeft }) => hasLeft))
  // What is under way in the background ends, and what is not final yet becomes it.
  await time.run(time.now + 6 * minute * Math.max(1, scale))
  return clients.every(({ hasLeft }) => hasLeft) ? [] : ['a client could not stop its watches']
}
