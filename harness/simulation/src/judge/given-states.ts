import type { ChannelId, SignedState, SubAlloc } from '@perun-watcher/core'
import type { Evidence, GivenState } from './evidence.ts'

/** What the watcher was given and has promised to know. */
export interface GivenStates {
  /** The states of a channel that count at an instant, newest first. */
  at(id: ChannelId, atMs: number): readonly SignedState[]
}

const isNewer = (a: SignedState, b: SignedState): number =>
  a.state.version < b.state.version ? 1 : a.state.version > b.state.version ? -1 : 0

/**
 * A state counts from its acknowledgement on for as long as its channel is guarded: while a client is enrolled with it, and
 * afterwards while a state that counts itself locks it.
 */
export function givenStates(evidence: Evidence): GivenStates {
  const { acknowledged, shown, enrolments, cuts, channels } = evidence
  const own = new Map(channels.map((id) => [id, acknowledged.filter(({ signed }) => signed.state.channelId === id)]))
  const seen = new Map(channels.map((id) => [id, shown.filter(({ signed }) => signed.state.channelId === id)]))
  /** When a channel was not guarded; parents are worked out before what they lock. */
  const losses = new Map<ChannelId, readonly number[]>()

  const isEnrolled = (id: ChannelId, atMs: number): boolean =>
    enrolments.some(({ channelId, fromMs, untilMs }) => channelId === id && fromMs <= atMs && atMs < untilMs)

  function countsAt({ atMs: sinceMs }: GivenState, id: ChannelId, atMs: number): boolean {
    return sinceMs <= atMs && !(losses.get(id) ?? []).some((lossMs) => sinceMs <= lossMs && lossMs <= atMs)
  }

  /** Where the watcher said that it had to forget older states, only the newest is left of what came before. */
  function afterCuts(id: ChannelId, given: readonly GivenState[], atMs: number): readonly GivenState[] {
    const cutMs = Math.max(...cuts.filter((cut) => cut.channelId === id && cut.atMs <= atMs).map((cut) => cut.atMs))
    const [newest] = given.map(({ signed }) => signed).sort(isNewer)
    return given.filter((each) => each.atMs > cutMs || each.signed === newest)
  }

  function at(id: ChannelId, atMs: number): readonly SignedState[] {
    const all = (own.get(id) ?? []).filter((each) => countsAt(each, id, atMs))
    const given = afterCuts(id, all, atMs)
    // What the chain shows of a channel is of interest to the watcher only once a client has given it something.
    const firstMs = Math.min(...given.map((each) => each.atMs))
    const learnt = (seen.get(id) ?? []).filter((each) => each.atMs >= firstMs && countsAt(each, id, atMs))
    return [...new Set([...given, ...learnt].map(({ signed }) => signed))].sort(isNewer)
  }

  /** A state that counts locks the channel; of a ledger channel, one that no later state makes useless. */
  function isKeptAlive(id: ChannelId, atMs: number): boolean {
    return channels.some((parent) => {
      if (parent === id) return false
      const states = at(parent, atMs)
      return states.some(
        (signed) =>
          locks(signed, id) && (!signed.params.ledgerChannel || !states.some((later) => dominates(later, signed))),
      )
    })
  }

  for (const id of channels) {
    const stops = enrolments.filter(({ channelId }) => channelId === id).map(({ untilMs }) => untilMs)
    const firstMs = Math.min(...stops)
    const instants = new Set([
      ...acknowledged.map(({ atMs }) => atMs),
      ...[...enrolments].map(({ untilMs }) => untilMs),
    ])
    losses.set(
      id,
      [...instants].filter((atMs) => firstMs <= atMs && !isEnrolled(id, atMs) && !isKeptAlive(id, atMs)),
    )
  }
  return { at }
}

function locks({ state }: SignedState, id: ChannelId): boolean {
  return state.outcome.locked.some(({ channelId }) => channelId === id)
}

/** Wherever the contract would take the older state, it takes this one. */
function dominates(later: SignedState, older: SignedState): boolean {
  const before = older.state.outcome.locked
  return (
    later.state.version > older.state.version &&
    later.state.outcome.locked.every((lock) => before.some((each) => isSameLock(lock, each)))
  )
}

function isSameLock(a: SubAlloc, b: SubAlloc): boolean {
  return a.channelId === b.channelId && a.balances.every((amount, asset) => amount === b.balances[asset])
}
