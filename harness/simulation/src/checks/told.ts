import type { AdjudicatorEvent, AdjudicatorLog } from '@perun-watcher/core'
import type { NumberedEvent } from '@perun-watcher/core/adapter'
import type { Hearing, UnreadQueue } from '../parties/client/listeners.ts'
import { millisecondsOf } from '../world/timeline.ts'
import { short } from '../world/trace.ts'
import type { RunOutcome } from './outcome.ts'
import { hasCoalesced, visitsOf } from './sequences.ts'
import { knownBy } from './sweeps.ts'

/** The first reading of a watch that has just begun may fail once and come a moment later. */
const firstReadingMs = 30_000

/**
 * A client that listened to the end heard what stood when it came and everything after, in order; and, if it was away for a
 * while, what happened meanwhile.
 */
export function checkTold(outcome: RunOutcome): readonly string[] {
  const { households, ledger, finalRun, nowMs } = outcome
  const logs = ledger.blocks.flatMap((block) => block.logs)
  return households
    .flatMap(({ clients }) => clients)
    .filter(({ hasLeft }) => !hasLeft)
    .flatMap(({ hearings, isCurrent }) =>
      hearings
        .filter(({ run, isOver, channelId }) => run === finalRun && !isOver && isCurrent(channelId))
        .filter(({ sinceMs }) => sinceMs + firstReadingMs < nowMs)
        .flatMap((last) => [
          ...missedFacts(last, last.heard.events, logs, outcome),
          ...missedWhileAway(visitsOf(last, hearings), logs, outcome),
        ]),
    )
}

/** What is told as final stands in the chain for good, unless the chain breaks its word. */
export function checkFinals({ households, ledger, brokenFinality }: RunOutcome): readonly string[] {
  const blocks = new Set([...ledger.blocks.map(({ hash }) => hash), ...brokenFinality])
  const events = households.flatMap(({ clients }) =>
    clients.flatMap(({ hearings }) => hearings.flatMap(({ heard }) => heard.events.map(({ event }) => event))),
  )
  return events.flatMap((event) => {
    const isFinal = 'finality' in event && event.finality === 'final' && event.transactionHash !== undefined
    if (!isFinal || blocks.has(event.block.hash)) return []
    return [`${short(event.channelId)} was told ${event.type} ${event.version} as final, but a reorg had taken it out`]
  })
}

function missedWhileAway(
  visits: readonly Hearing[],
  logs: readonly AdjudicatorLog[],
  outcome: RunOutcome,
): readonly string[] {
  const [first] = visits
  if (first === undefined || visits.length < 2 || hasCoalesced(visits)) return []
  // What a watch pushed and nobody handled before it died does not count, except in the last one.
  const events = visits.flatMap(({ heard }, at) =>
    at === visits.length - 1 ? heard.events : heard.events.slice(0, heard.handled),
  )
  return missedFacts(first, events, logs, outcome).map((missed) => `${missed} while its client was away`)
}

const factTypes = { dispute: 'registered', forceExec: 'progressed', concluded: 'concluded' } as const

function missedFacts(
  hearing: Hearing,
  events: readonly NumberedEvent[],
  allLogs: readonly AdjudicatorLog[],
  outcome: RunOutcome,
): readonly string[] {
  const logs = allLogs.filter((log) => log.channelId === hearing.channelId)
  const later = logs.filter((log) => millisecondsOf(log.block.timestamp) > hearing.sinceMs)
  // What stood when it came is told unless something later replaced it before it could be read.
  const standing = later.length > 0 ? undefined : logs.at(-1)
  // Of what fell into a gap of the stream, only what stands at the end can be read.
  const canBeTold = (log: AdjudicatorLog): boolean =>
    !outcome.lost.has(log) || (log === logs.at(-1) && isKnown(log, outcome))
  const expected = (standing === undefined ? later : [standing]).filter(canBeTold)
  const missed = firstMissed(events, expected)
  if (missed === undefined) return []
  return [`${short(hearing.channelId)} was not told ${factTypes[missed.phase]} ${missed.version}, or not in order`]
}

/** What no gap told of, the watcher finds out in its own time. */
function isKnown(log: AdjudicatorLog, outcome: RunOutcome): boolean {
  const hiddenMs = outcome.hidden.get(log)
  if (hiddenMs === undefined) return true
  const channels = outcome.households.flatMap(({ family }) => family.channels)
  const window = channels.find(({ id }) => id === log.channelId)?.params.challengeDuration
  return window !== undefined && knownBy(hiddenMs, window, outcome) < outcome.nowMs
}

function firstMissed(
  events: readonly NumberedEvent[],
  expected: readonly AdjudicatorLog[],
): AdjudicatorLog | undefined {
  let position = 0
  for (const { event } of events) {
    const next = expected[position]
    if (next === undefined) return undefined
    const isNext = event.type === factTypes[next.phase] && 'version' in event && event.version === next.version
    if (isNext) position += 1
  }
  return expected[position]
}

/**
 * What nobody reads is bounded, and the newest fact survives.
 *
 * @returns violations, and whether there was a queue that had to drop something.
 */
export async function checkUnread(
  unread: readonly UnreadQueue[],
): Promise<{ readonly violations: readonly string[]; readonly hasDropped: boolean }> {
  const violations: string[] = []
  let hasDropped = false
  for (const { limit, queue, pushed } of unread) {
    queue.end()
    const kept: AdjudicatorEvent[] = []
    for await (const event of queue) kept.push(event)
    if (kept.length > limit) violations.push(`${kept.length} events wait for a client that does not read`)
    const newest = pushed.events.findLast(({ event }) => 'finality' in event)?.event
    if (newest !== undefined && !kept.includes(newest)) violations.push('the newest fact was dropped')
    hasDropped ||= kept.length < pushed.events.length
  }
  return { violations, hasDropped }
}
