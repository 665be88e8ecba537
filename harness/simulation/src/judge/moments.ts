import type { Contract } from './contract/contract.ts'
import type { ChainHead, Evidence } from './evidence.ts'
import type { GivenStates } from './given-states.ts'
import type { Interval } from './intervals.ts'
import { type Possibilities, possibilities } from './possibilities.ts'
import { restsUntil } from './rests.ts'
import type { ThrowAwayRoot } from './throw-away.ts'

/** An instant at which what is possible may change. Until the next one it stays as it is. */
export interface Moment {
  readonly atMs: number
  readonly head: ChainHead
  /** Timestamp of the next block at the earliest. */
  readonly now: bigint
  readonly possible: Possibilities
}

export interface MomentsDeps {
  readonly contract: Contract
  readonly throwAwayRoot: ThrowAwayRoot
  readonly given: GivenStates
}

/** From the first record of the family on: changes of its records, new states, and the halves and ends of windows. */
export function momentsOf(evidence: Evidence, { contract, throwAwayRoot, given }: MomentsDeps): readonly Moment[] {
  const { heads, channels, canBePaid, hasRoom, zero, endMs } = evidence
  const recordsOf = (head: ChainHead | undefined) => channels.map((id) => head?.records.get(id))
  const changed = heads.filter((head, at) => {
    const before = recordsOf(heads[at - 1])
    return recordsOf(head).some((record, index) => record !== before[index])
  })
  const [first] = changed
  if (first === undefined) return []
  const timeouts = changed.flatMap((head) => recordsOf(head)).map((record) => Number((record?.timeout ?? zero) - zero))
  const halves = heads.flatMap((head) => channels.flatMap((id) => restsUntil(head, id, evidence) ?? []))
  const instants = [
    ...changed.map(({ atMs }) => atMs),
    ...timeouts.map((seconds) => seconds * 1000),
    ...halves.map((half) => Number(half - zero) * 1000),
    ...[...evidence.acknowledged, ...evidence.shown, ...evidence.cuts].map(({ atMs }) => atMs),
    ...evidence.enrolments.map(({ untilMs }) => untilMs),
  ].filter((atMs) => first.atMs <= atMs && atMs < endMs)

  let position = 0
  return [...new Set(instants)]
    .sort((a, b) => a - b)
    .map((atMs) => {
      while ((heads[position + 1]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) position += 1
      const head = heads[position] ?? first
      const clock = zero + BigInt(Math.floor(atMs / 1000))
      const now = clock > head.timestamp ? clock : head.timestamp + 1n
      let possible: Possibilities | undefined
      return {
        atMs,
        head,
        now,
        get possible() {
          possible ??= possibilities({
            contract,
            throwAwayRoot,
            given: (id) => given.at(id, atMs),
            records: head.records,
            canBePaid,
            hasRoom,
            now,
          })
          return possible
        },
      }
    })
}

/** The stretches of time at all of whose moments something is so. */
export function stretchesOf(
  moments: readonly Moment[],
  endMs: number,
  isSo: (moment: Moment) => boolean,
): readonly Interval[] {
  const stretches: Interval[] = []
  let fromMs: number | undefined
  for (const moment of moments) {
    const holds = isSo(moment)
    if (holds) fromMs ??= moment.atMs
    else if (fromMs !== undefined) {
      stretches.push({ fromMs, untilMs: moment.atMs })
      fromMs = undefined
    }
  }
  return fromMs === undefined ? stretches : [...stretches, { fromMs, untilMs: endMs }]
}
