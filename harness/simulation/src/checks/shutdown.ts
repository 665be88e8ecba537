import { without } from '../judge/intervals.ts'
import type { Judge } from '../judge/judge.ts'
import { short } from '../world/trace.ts'
import { evidenceOf } from './evidence.ts'
import type { RunOutcome } from './outcome.ts'

/** How long it may take the watcher to hear of a block or to store a state: a dispute that is newer may be unknown to it. */
const noticeMs = 20_000

/** A shutdown that says that everything is settled leaves no dispute that it knew and could have answered. */
export function checkShutdown(
  outcome: RunOutcome,
  judge: Judge,
  { askedMs, endedMs }: { readonly askedMs: number; readonly endedMs: number },
): readonly string[] {
  return evidenceOf(outcome).flatMap((evidence) => {
    const asked = [{ fromMs: askedMs - noticeMs, untilMs: endedMs }]
    const isCalm = without(asked, evidence.calm).length === 0
    if (!isCalm) return []
    const known = judge.improvable(evidence, askedMs - noticeMs)
    const left = judge.improvable(evidence, endedMs)
    return left.filter((id) => known.includes(id)).map((id) => `the shutdown left ${short(id)} at an older state`)
  })
}
