import type { AdjudicatorEvent, AdjudicatorLog } from '@perun-watcher/core'
import type { Hearing, UnreadQueue } from '../parties/client/ears.ts'
import { millisecondsOf } from '../world/timeline.ts'
import { short } from '../world/trace.ts'
import type { RunOutcome } from './outcome.ts'

/** A client that listened to the end heard what stood when it came and everything after, in order. */
export function checkTold({ households, ledger, finalRun, lost, hidden }: RunOutcome): readonly string[] {
  const logs = ledger.blocks.flatMap((block) => block.logs)
  return households
    .flatMap(({ clients }) => clients)
    .filter(({ hasLeft }) => !hasLeft)
    .flatMap(({ hearings, isCurrent }) =>
      hearings
        .filter(({ run, isOver, channelId }) => run === finalRun && !isOver && isCurrent(channelId))
        .flatMap((hearing) => missedFacts(hearing, logs, { lost, hidden })),
    )
}

const factTypes = { dispute: 'registered', forceExec: 'progressed', concluded: 'concluded' } as const

function missedFacts(
  hearing: Hearing,
  allLogs: readonly AdjudicatorLog[],
  { lost, hidden }: Pick<RunOutcome, 'lost' | 'hidden'>,
): readonly string[] {
  const logs = allLogs.filter((log) => log.channelId === hearing.channelId)
  const later = logs.filter((log) => millisecondsOf(log.block.timestamp) > hearing.sinceMs)
  // What stood when it came is told unless something later replaced it before it could be read.
  const standing = later.length > 0 ? undefined : logs.at(-1)
  // Of what fell into a gap of the stream, only what stands at the end can be read.
  const canBeTold = (log: AdjudicatorLog): boolean => !lost.has(log) || (log === logs.at(-1) && !hidden.has(log))
  const expected = (standing === undefined ? later : [standing]).filter(canBeTold)
  const missed = firstMissed(hearing.events, expected)
  if (missed === undefined) return []
  return [`${short(hearing.channelId)} was not told ${factTypes[missed.phase]} ${missed.version}, or not in order`]
}

function firstMissed(
  events: readonly AdjudicatorEvent[],
  expected: readonly AdjudicatorLog[],
): AdjudicatorLog | undefined {
  let position = 0
  for (const event of events) {
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
    const newest = pushed.findLast((event) => 'finality' in event)
    if (newest !== undefined && !kept.includes(newest)) violations.push('the newest fact was dropped')
    hasDropped ||= kept.length < pushed.length
  }
  return { violations, hasDropped }
}
