import type { Hardship, Spell } from '../world/hardships.ts'
import type { RunOutcome } from './outcome.ts'

/** With which the records of all channels cannot be read, or cannot be read as they are now. */
const obstacles: readonly Hardship[] = ['rpcDown', 'rpcSlow', 'staleHeads']
/** What follows a failure or a start: the longest pause between two tries, and the reading itself. */
const restMs = 45_000
/** No channel is read more often. */
const shortestPeriodMs = 15_000

export type SweepCalendar = Pick<RunOutcome, 'schedule' | 'uptimes' | 'nowMs'>

/**
 * By when the watcher knows what the adjudicator holds of a channel, whatever it is told: it reads every record once per
 * quarter of the channel's window, and all of them when it starts.
 *
 * @param windowSeconds the channel's challenge duration
 */
export function knownBy(fromMs: number, windowSeconds: bigint, { schedule, uptimes, nowMs }: SweepCalendar): number {
  const periodMs = Math.max(shortestPeriodMs, Number(windowSeconds) * 250)
  // A clock that jumps may cost one period each time.
  const jumps = schedule
    .spellsOfOne('wrongClock')
    .flatMap((spell) => [spell.fromMs, spell.untilMs])
    .filter((atMs) => fromMs - periodMs < atMs && atMs < fromMs + 3 * periodMs).length
  return readableFrom(fromMs + periodMs * (1 + jumps), { schedule, uptimes, nowMs })
}

/** When the watcher can ask what the chain holds, from an instant on: it is up, and its endpoint answers as things are. */
export function readableFrom(fromMs: number, { schedule, uptimes, nowMs }: SweepCalendar): number {
  const holes = [...obstacles.flatMap((each) => schedule.spellsOfOne(each)), ...downtimes(uptimes, nowMs)]
  let endMs = fromMs
  for (;;) {
    const hole = holes.find((each) => each.fromMs <= endMs && endMs < each.untilMs + restMs)
    if (hole === undefined) return endMs
    endMs = hole.untilMs + restMs
  }
}

/** When the watcher was not up. */
function downtimes(uptimes: RunOutcome['uptimes'], nowMs: number): readonly Spell[] {
  return uptimes.flatMap(({ untilMs }, at) =>
    untilMs === undefined ? [] : [{ fromMs: untilMs, untilMs: uptimes[at + 1]?.fromMs ?? nowMs }],
  )
}
