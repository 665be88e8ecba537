import type { Spell } from '../faults/fault.ts'
import { faultRules } from '../faults/kinds.ts'
import type { Chain, TruthBlock } from '../truth/chain.ts'
import type { Market } from '../truth/market.ts'
import type { Facts } from './facts.ts'

/**
 * How long one honest endpoint must have been there, and the watcher been kept running, for a dispute to be won: records are
 * read at least once per quarter of their window, four requests may run into their limits, and then it takes some blocks.
 */
export function needMs({ plan }: Facts): number {
  const { tempo, durationSeconds } = plan
  return Number(durationSeconds) * 250 + 4 * tempo.requestTimeoutMs + 8 * tempo.blockMs
}

/** Stretches of time in which the watcher was kept running and one endpoint, the same all the time, was honest. */
export function fairSpells(facts: Facts, fromMs: number, untilMs: number): readonly Spell[] {
  const { endpoints, plan, nowMs, uptimes } = facts
  const machine = uptimes.map((up) => ({
    fromMs: Math.max(up.fromMs, fromMs),
    untilMs: Math.min(up.untilMs ?? nowMs, untilMs),
  }))
  return endpoints.flatMap(({ faults }) => {
    const wrong = faults
      .filter(({ kind }) => !faultRules[kind].isHonest)
      .map(({ spell }) => spell ?? { fromMs: 0, untilMs: Number.POSITIVE_INFINITY })
    return [...wrong, ...plan.drops].reduce(without, machine)
  })
}

function without(stretches: readonly Spell[], hole: Spell): readonly Spell[] {
  return stretches
    .flatMap(({ fromMs, untilMs }) => [
      { fromMs, untilMs: Math.min(untilMs, hole.fromMs) },
      { fromMs: Math.max(fromMs, hole.untilMs), untilMs },
    ])
    .filter(({ fromMs, untilMs }) => fromMs < untilMs)
}

/** Those of them in which the watcher could have paid: within the operator's cap, and with money in some account. */
export function payableSpells(facts: Facts, fromMs: number, untilMs: number): readonly Spell[] {
  const { accounts, empty, tempo } = facts.plan
  const isPoor = empty.count === accounts
  // The block that brings the money is made first.
  const poor = isPoor ? [{ fromMs: empty.fromMs, untilMs: empty.untilMs + tempo.blockMs }] : []
  return [...facts.dear, ...poor].reduce(without, fairSpells(facts, fromMs, untilMs))
}

/** When the next block asked for more than `cap` wei per gas. */
export function dearSpells(
  { head }: Pick<Chain, 'head'>,
  market: Pick<Market, 'tipNeeded'>,
  cap: bigint,
): readonly Spell[] {
  const dear: Spell[] = []
  for (let block: TruthBlock | undefined = head; block?.parent !== undefined; block = block.parent) {
    if (block.baseFee + market.tipNeeded(block.atMs) <= cap) continue
    const [later] = dear
    const fromMs = block.parent.atMs
    if (later?.fromMs === block.atMs) dear[0] = { ...later, fromMs }
    else dear.unshift({ fromMs, untilMs: block.atMs })
  }
  return dear
}
