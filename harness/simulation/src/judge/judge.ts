import type { ChannelId, SignedState } from '@perun-watcher/core'
import type { Contract } from './contract/contract.ts'
import type { Notary } from './contract/notary.ts'
import type { Evidence } from './evidence.ts'
import { fairChance } from './fairness.ts'
import { type GivenStates, givenStates } from './given-states.ts'
import type { Interval } from './intervals.ts'
import { type Moment, momentsOf, stretchesOf } from './moments.ts'
import { payoutOf } from './payouts.ts'
import type { Witness } from './possibilities.ts'
import { restsUntil } from './rests.ts'
import { type Standing, type StandingAt, standings } from './standing.ts'
import { type ThrowAwayDeps, throwAwayRoots } from './throw-away.ts'

/** Says what a watcher could have done better. */
export interface Judge {
  /** @returns what a watcher that kept its promises would not have let happen. */
  verdict(evidence: Evidence): readonly string[]
  /** @returns channels for which something better than what stands is possible at an instant. */
  improvable(evidence: Evidence, atMs: number): readonly ChannelId[]
  /** @returns the highest version of a root that the contract would take at an instant; `undefined`: none. */
  registrable(evidence: Evidence, root: ChannelId, atMs: number): bigint | undefined
}

export interface JudgeDeps {
  readonly contract: Contract
  readonly notary: Notary
  readonly signByAll: ThrowAwayDeps['signByAll']
}

/** An older record that stays for so many times the usual patience is a fault even if the end was good. */
const idleness = 1.5

interface Case {
  readonly evidence: Evidence
  readonly given: GivenStates
  readonly moments: readonly Moment[]
  readonly standingAt: StandingAt
  /** What stands at the end. */
  readonly stood: ReadonlyMap<ChannelId, Standing>
  stateOf(standing: Standing | undefined): SignedState | undefined
}

/**
 * "It could have done better" means: in some stretch of good luck after an older record was there, the contract would at
 * every instant have taken a state that was given and is better than what stood in the end. Better is the version of the
 * root, as signed by all; for the same root, that of each channel which it locks; and what the client was paid.
 *
 * What the watcher put there itself, and what was outdated only by what it was given since, may rest until half of the time
 * has passed that was left then: such moments do not count. What others put there is left to rest only where it was the newest
 * that had been given by then.
 *
 * One move ahead is enough for roots: versions only rise, so what is taken once is the least that stands in the end. For a
 * channel below, the root is held to what stood.
 */
export function judge({ contract, notary, signByAll }: JudgeDeps): Judge {
  const throwAwayRoot = throwAwayRoots({ channelId: notary.channelId, signByAll })

  function open(evidence: Evidence): Case {
    const given = givenStates(evidence)
    const moments = momentsOf(evidence, { contract, throwAwayRoot, given })
    const standingAt = standings(evidence.channels)
    const last = evidence.heads.at(-1)
    const all = [...evidence.acknowledged, ...evidence.shown].map(({ signed }) => signed)
    return {
      evidence,
      given,
      moments,
      standingAt,
      stood: last === undefined ? new Map() : standingAt(last),
      stateOf: (standing) =>
        all.find(({ state }) => state.version === standing?.version && notary.stateHash(state) === standing.stateHash),
    }
  }

  return {
    verdict(evidence) {
      const opened = open(evidence)
      if (opened.moments.length === 0) return []
      return evidence.roots.flatMap((root) => [
        ...lostRoot(opened, root),
        ...lostBelow(opened, root),
        ...underpaid(opened, root, contract),
        ...idle(opened, root),
      ])
    },
    registrable(evidence, root, atMs) {
      const moment = open(evidence).moments.findLast((each) => each.atMs <= atMs)
      return moment?.possible.of(root)[0]?.signed.state.version
    },
    improvable(evidence, atMs) {
      const opened = open(evidence)
      const moment = opened.moments.findLast((each) => each.atMs <= atMs)
      if (moment === undefined) return []
      const { channels, roots } = evidence
      return channels.filter((id) =>
        roots.some((root) =>
          id === root ? isOutdated(opened, moment, root) : isOutdatedBelow(opened, moment, root, id),
        ),
      )
    },
  }
}

function isOutdated({ standingAt }: Case, moment: Moment, root: ChannelId): boolean {
  const standing = standingAt(moment.head).get(root)
  return standing !== undefined && bestRoot(moment, root) > standing.version
}

function isOutdatedBelow(opened: Case, moment: Moment, root: ChannelId, id: ChannelId): boolean {
  if (opened.evidence.roots.includes(id)) return false
  return pathsTo(opened, moment, root, id).some((path) => canRaise(opened, moment, path, id, -1n))
}

const nothing: Standing = { version: -1n, stateHash: undefined }

function lostRoot({ evidence, moments, standingAt, stood }: Case, root: ChannelId): readonly string[] {
  const end = stood.get(root)
  if (end === undefined) return []
  const stretches = stretchesOf(moments, evidence.endMs, (moment) => {
    const best = bestRoot(moment, root)
    const standing = standingAt(moment.head).get(root) ?? nothing
    return best > end.version && best > standing.version && isDue(moment, root) && !mayRest({ evidence }, moment, root)
  })
  const missed = fairChance(evidence, stretches)
  return missed === undefined ? [] : [`root ${short(root)} ended at ${end.version} ${couldHave(missed)}`]
}

function bestRoot({ head, possible }: Moment, root: ChannelId): bigint {
  if (head.records.get(root)?.phase === 'concluded') return -1n
  return possible.of(root)[0]?.signed.state.version ?? -1n
}

/** The root stands on the chain, or an app below it may soon be played, after which nothing that locks it is taken. */
function isDue({ head, possible }: Moment, root: ChannelId): boolean {
  if (head.records.has(root)) return true
  const [, ...below] = possible.of(root)[0]?.tree ?? []
  return below.some(({ state }) => {
    const record = head.records.get(state.channelId)
    return record?.phase === 'dispute' && record.hasApp
  })
}

/** For the same root: every channel that it locks, and what those lock. */
function lostBelow(opened: Case, root: ChannelId): readonly string[] {
  const { stood, stateOf } = opened
  const end = stood.get(root)
  if (end === undefined) return lostElsewhere(opened, root)
  const state = stateOf(end)
  if (state === undefined || isForgotten(opened, state)) return []
  return lostBelowPath(opened, [state])
}

type Path = readonly [SignedState, ...SignedState[]]

function lostBelowPath(opened: Case, path: Path): readonly string[] {
  const { evidence, moments, stood, stateOf } = opened
  const locked = path.at(-1)?.state.outcome.locked ?? []
  return locked.flatMap(({ channelId }) => {
    const end = stood.get(channelId)
    if (end === undefined) return []
    const stretches = stretchesOf(moments, evidence.endMs, (moment) => {
      const isKnown = path.every((signed) => opened.given.at(signed.state.channelId, moment.atMs).includes(signed))
      return isKnown && canRaise(opened, moment, path, channelId, end.version) && !mayRest(opened, moment, channelId)
    })
    const missed = fairChance(evidence, stretches)
    const state = stateOf(end)
    const lost = missed === undefined ? [] : [`${short(channelId)} ended at ${end.version} ${couldHave(missed)}`]
    return [...lost, ...(state === undefined ? [] : lostBelowPath(opened, [...path, state]))]
  })
}

/** Whether an older record is there, and the contract would put something better than it and than `end` in its place. */
function canRaise({ standingAt }: Case, moment: Moment, path: Path, id: ChannelId, end: bigint): boolean {
  const record = moment.head.records.get(id)
  if (record === undefined || record.phase === 'concluded') return false
  const standing = standingAt(moment.head).get(id)?.version ?? record.version
  return moment.possible.canRaiseBelow(path, id, (standing > end ? standing : end) + 1n)
}

/** A channel was registered below a root that is not of the family; ours could have been opened for it. */
function lostElsewhere(opened: Case, root: ChannelId): readonly string[] {
  const { evidence, moments, stood } = opened
  return [...stood].flatMap(([id, end]) => {
    if (id === root) return []
    const stretches = stretchesOf(moments, evidence.endMs, (moment) => {
      const [newest] = opened.given.at(root, moment.atMs)
      return newest !== undefined && canRaise(opened, moment, [newest], id, end.version) && !mayRest(opened, moment, id)
    })
    const missed = fairChance(evidence, stretches)
    return missed === undefined ? [] : [`${short(id)} ended at ${end.version} ${couldHave(missed)}`]
  })
}

/**
 * Older states of a root are worth keeping while they may have to be repeated. Once nothing of the root is registered and its
 * newest state locks nothing they are of use only where a whole window is slept through.
 */
function isForgotten({ evidence }: Case, { state }: SignedState): boolean {
  const registered = evidence.heads.find(({ records }) => records.get(state.channelId)?.version === state.version)
  return evidence.acknowledged.some(
    ({ signed, atMs }) =>
      signed.state.channelId === state.channelId &&
      signed.state.version > state.version &&
      signed.state.outcome.locked.length === 0 &&
      atMs < (registered?.atMs ?? 0),
  )
}

function underpaid({ evidence, moments, stood }: Case, root: ChannelId, contract: Contract): readonly string[] {
  const paid = evidence.paid?.get(root)
  if (paid === undefined) return []
  const end = stood.get(root)?.version ?? -1n
  const stretches = stretchesOf(moments, evidence.endMs, (moment) => {
    const { head, possible, now } = moment
    const record = head.records.get(root)
    if (record === undefined || record.phase === 'concluded' || mayRest({ evidence }, moment, root)) return false
    // Versions never go down: a reorg took it out.
    if (record.version > end) return false
    const { records } = head
    // What it would only put in the place of what may rest; or all of it stands, and whoever took it out again is not the watcher.
    const isAhead = ({ tree }: Witness): boolean => {
      const newer = tree.filter(({ state }) => state.version > (records.get(state.channelId)?.version ?? -1n))
      return newer.every(({ state }) => mayRest({ evidence }, moment, state.channelId))
    }
    return possible
      .of(root)
      .some((witness) => !isAhead(witness) && (payoutOf(witness, { contract, records, now }) ?? 0n) > paid)
  })
  const missed = fairChance(evidence, stretches)
  return missed === undefined ? [] : [`root ${short(root)} paid the client ${paid} ${couldHave(missed)}`]
}

/** Windows are not there to be used up: no older record may stand for long while it could be replaced. */
function idle(opened: Case, root: ChannelId): readonly string[] {
  const { evidence, moments } = opened
  const isLeft = (moment: Moment): boolean => isOutdated(opened, moment, root) && !mayRest({ evidence }, moment, root)
  const missed = fairChance(evidence, stretchesOf(moments, evidence.endMs, isLeft), { times: idleness })
  const late = missed === undefined ? [] : [`root ${short(root)} was left at an older state, ${couldHave(missed)}`]
  return [...late, ...idleBelow(opened, root)]
}

function idleBelow(opened: Case, root: ChannelId): readonly string[] {
  const { evidence, moments } = opened
  return evidence.channels.flatMap((id) => {
    const isLeft = (moment: Moment): boolean =>
      isOutdatedBelow(opened, moment, root, id) &&
      !mayRest({ evidence }, moment, id) &&
      !isDropped(opened, moment, root, id)
    const missed = fairChance(evidence, stretchesOf(moments, evidence.endMs, isLeft), { times: idleness })
    return missed === undefined ? [] : [`${short(id)} was left at an older state, ${couldHave(missed)}`]
  })
}

/** The best state of the root, which may wait, locks the channel no more: then nothing depends on what stands there. */
function isDropped(opened: Case, moment: Moment, root: ChannelId, id: ChannelId): boolean {
  const [best] = moment.possible.of(root)
  const isLocked = best?.tree.some(({ state }) => state.channelId === id) ?? true
  return !isLocked && mayRest(opened, moment, root)
}

/** From the root down to a channel through what stands, and where nothing stands through what is newest. */
function pathsTo(opened: Case, moment: Moment, root: ChannelId, id: ChannelId): readonly Path[] {
  const { given, standingAt, stateOf } = opened
  const standing = standingAt(moment.head)

  function current(channel: ChannelId): SignedState | undefined {
    const known = given.at(channel, moment.atMs)
    const stands = standing.get(channel)
    const state = stands === undefined ? known[0] : stateOf(stands)
    return state !== undefined && known.includes(state) ? state : undefined
  }

  function below(path: Path): readonly Path[] {
    const locked = path.at(-1)?.state.outcome.locked ?? []
    return locked.flatMap(({ channelId }): readonly Path[] => {
      if (channelId === id) return [path]
      const next = current(channelId)
      return next === undefined || path.includes(next) ? [] : below([...path, next])
    })
  }

  const top = current(root)
  return top === undefined ? [] : below([top])
}

function mayRest({ evidence }: Pick<Case, 'evidence'>, { head, now }: Moment, id: ChannelId): boolean {
  const until = restsUntil(head, id, evidence)
  return until !== undefined && now < until
}

const short = (id: ChannelId): string => id.slice(2, 8)

function couldHave({ fromMs, untilMs }: Interval): string {
  return `although better was possible from ${fromMs / 1000} s to ${untilMs / 1000} s`
}
