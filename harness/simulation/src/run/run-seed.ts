import { type ChannelId, memoryStore, type SignedState } from '@perun-watcher/core'
import { type Dice, dice } from '@perun-watcher/harness-kit/dice'
import { checkCosts } from '../checks/costs.ts'
import { checkJudged, simJudge } from '../checks/judged.ts'
import { checkStops } from '../checks/liveness.ts'
import type { RunOutcome } from '../checks/outcome.ts'
import { checkSequences, hasHeardLater } from '../checks/sequences.ts'
import { checkNothingLeft, checkNothingLost, checkStoredStates } from '../checks/stored.ts'
import { checkFinals, checkTold, checkUnread } from '../checks/told.ts'
import { checkTruth } from '../checks/truth.ts'
import type { Milestone } from '../coverage/milestones.ts'
import { sendObserver } from '../coverage/send-observer.ts'
import { cheater } from '../parties/cheater/cheater.ts'
import { simClient } from '../parties/client/sim-client.ts'
import { type Family, openFamily } from '../parties/families.ts'
import { guardedChannels, type Household } from '../parties/household.ts'
import { type Nuisance, nuisance } from '../parties/nuisance.ts'
import { type WatcherHost, watcherHost } from '../parties/watcher-host.ts'
import { assetHolders } from '../world/asset-holders.ts'
import { simSigned } from '../world/crypto.ts'
import { type Hardship, hardshipSchedule } from '../world/hardships.ts'
import { type Ledger, ledger as newLedger } from '../world/ledger.ts'
import { type Scheduler, scheduler } from '../world/scheduler.ts'
import { drawTempo } from '../world/tempo.ts'
import { nextTimestamp } from '../world/timeline.ts'
import { trace as newTrace, type Trace } from '../world/trace.ts'
import { live } from './life.ts'
import { mineBlocks } from './mine-blocks.ts'
import type { Omission, RunOptions } from './options.ts'
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

/** One life of a watcher among faulty machines and a cheater, decided by the seed alone. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<RunResult> {
  const { without = [], minutes = 30 } = options
  const chances = dice(seed)
  const tempo = drawTempo(chances.fork('tempo'), options.tempo)
  const { durations, scale } = tempo
  const activeMs = scale * minutes * minute
  /** Windows close, channels are concluded. */
  const endMs = activeMs + scale * 50 * minute
  const time = scheduler()
  const trace = newTrace(() => time.now, options.keepsTrace ?? false)
  const count = chances.fork('families').int(1, options.families ?? 3)
  const families = Array.from({ length: count }, (_, number) =>
    openFamily(chances.fork(`family ${number}`), { number: number + 1, durations }),
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
  const mailboxLimit = chances.fork('mailboxes').pick([6, 64])
  // With 1 nothing is kept: every read goes to the store, and meets its faults.
  const stateCacheBytes = chances.fork('state cache').pick([1, 8_192, 1_048_576])
  const households: Household[] = []
  const host = watcherHost({
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
    hangsUntil: (id) => schedule.hangsUntil(numberOf(families, id), time.now),
    observer: sendObserver(trace, ledger, guardedChannels(households)),
    forgeries: () => forgeriesOf(families),
  })
  const nuisances: Nuisance[] = []

  host.boot()
  mineBlocks({ time, dice: chances.fork('blocks'), ledger, trace, is, finalityDepth, tempo })
  for (const family of families) {
    const own = chances.fork(`household ${family.number}`)
    const isHere = (what: 'guests' | 'nuisances', share: number): boolean =>
      own.fork(what).chance(share) && !without.includes(what)
    const common = { time, trace, host, is }
    const client = simClient(family, `home-${family.number}`, { ...common, dice: own.fork('client') })
    const guest = isHere('guests', 0.3)
      ? simClient(family, `guest-${family.number}`, { ...common, dice: own.fork('guest') })
      : undefined
    const isWatched = ({ id }: Family['root']): boolean => client.isCurrent(id)
    const isFinal = ({ id }: Family['root']): boolean =>
      client.acknowledged.some(({ channelId, signed }) => channelId === id && signed.state.isFinal)
    const pest = isHere('nuisances', 0.3)
      ? nuisance(family, { dice: own.fork('nuisance'), time, trace, host, isWatched, isFinal })
      : undefined
    if (pest !== undefined) nuisances.push(pest)
    households.push({ family, clients: guest === undefined ? [client] : [client, guest] })
    const villain = cheater(family, {
      time,
      dice: own.fork('cheater'),
      trace,
      ledger,
      clock: () => nextTimestamp(ledger.head.timestamp, time.now),
      onSpoilt: host.blindSpots.blink,
    })
    const onCheat = crashesUponCheats(host, time, own.fork('crashes'), without)
    live({
      time,
      dice: own.fork('life'),
      activeMs,
      scale,
      without,
      family,
      client,
      guest,
      villain,
      nuisance: pest,
      onCheat,
    })
  }
  if (!without.includes('crashes')) crashSometimes(host, time, chances.fork('crashes'), activeMs)
  const judge = simJudge()
  const look = (): RunOutcome => ({
    households,
    ledger,
    nowMs: time.now,
    tempo,
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
    hasBrokenFinality: trace.met.has('fault: reorg below finality'),
  })
  if (!without.includes('shutdowns')) {
    shutDownOnce({ host, time, dice: chances.fork('shutdown'), activeMs, trace, outcome: look, judge })
  }
  await time.run(endMs)

  const outcome = look()
  const found = [
    ...checkJudged(outcome, judge),
    ...checkTruth(outcome),
    ...checkCosts(outcome),
    ...(await checkNothingLost(households, disk)),
    ...(await checkStoredStates(disk)),
    ...(await checkEvents(outcome, trace)),
  ]
  if (tempo.blocks === undefined) keepMining(time, ledger, finalityDepth)
  found.push(...(await farewell(households, nuisances, time, endMs)))
  found.push(...checkStops(look()))
  found.push(...(await checkNothingLeft(disk, host.engine)))
  for (const violation of found) trace.violate(violation)
  return { seed, violations: trace.violations, met: trace.met, trace: trace.lines }
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
  return !['crashes', 'shutdowns', 'guests', 'nuisances', 'archives'].includes(omission)
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

function crashSometimes(host: WatcherHost, time: Scheduler, dice: Dice, activeMs: number): void {
  for (let count = dice.int(0, 4); count > 0; count--) {
    const downMs = dice.int(100, 2 * minute)
    time.after(dice.int(0, activeMs), () => host.crash(downMs))
  }
}

/** In some runs the process tends to die while it works on a dispute. */
function crashesUponCheats(host: WatcherHost, time: Scheduler, dice: Dice, without: readonly Omission[]): () => void {
  const isFrail = dice.chance(0.3) && !without.includes('crashes')
  return () => {
    if (!isFrail || !dice.chance(0.3)) return
    const downMs = dice.int(100, minute)
    time.after(dice.int(1_000, minute), () => host.crash(downMs))
  }
}

/** Where blocks come only with transactions, somebody else's go on coming: what happened becomes final. */
function keepMining(time: Scheduler, ledger: Ledger, finalityDepth: number): void {
  for (let count = 1; count <= 40 * finalityDepth; count++) {
    time.after(count * 5_000, () => ledger.submit((_, disputes) => ({ disputes, updates: [] })))
  }
}

/** Everybody stops their watches; the watcher must let them go. */
async function farewell(
  households: readonly Household[],
  nuisances: readonly Nuisance[],
  time: Scheduler,
  nowMs: number,
): Promise<readonly string[]> {
  for (const each of nuisances) each.leave()
  await time.run(nowMs + 2 * minute, () => nuisances.every(({ hasLeft }) => hasLeft))
  const clients = households.flatMap((household) => household.clients)
  for (const client of clients) if (!client.hasLeft) client.leave()
  await time.run(nowMs + 22 * minute, () => clients.every(({ hasLeft }) => hasLeft))
  // What is under way in the background ends, and what is not final yet becomes it.
  await time.run(time.now + 6 * minute)
  return clients.every(({ hasLeft }) => hasLeft) ? [] : ['a client could not stop its watches']
}
