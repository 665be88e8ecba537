import type { Dice } from '@perun-watcher/harness-kit/dice'
import { covers, type FaultPlace, type Middleware, type Spell } from '../faults/fault.ts'
import { type FaultKind, faultRules } from '../faults/kinds.ts'
import type { Answer, Exchange, Responder } from './answer.ts'
import { type NodeDeps, node, type TakesCode } from './node.ts'

/** One fault of an endpoint, and when it has it. */
export interface PlannedFault {
  readonly kind: FaultKind
  /** `undefined`: always. */
  readonly spell: Spell | undefined
}

/** One endpoint as it will be during a run, drawn before the run begins. */
export interface EndpointPlan {
  readonly name: string
  readonly faults: readonly PlannedFault[]
  /** Milliseconds to the node and back. */
  readonly roundTripMs: number
  readonly lagMs: number
  /** Whether it announces heads. */
  readonly announces: boolean
  readonly takesCode: TakesCode
}

export interface EndpointDeps
  extends Omit<NodeDeps, 'lagMs' | 'takesCode'>,
    Omit<FaultPlace, 'dice' | 'nodeAt' | 'chain' | 'now'> {
  readonly dice: Dice
  /** An answer was other than the node's own. */
  readonly onFault: (kind: FaultKind, exchange: Exchange) => void
  /** Hears of every request, and of what came back. */
  readonly onAnswer: (exchange: Exchange, answer: Answer) => void
}

export interface Endpoint {
  readonly plan: EndpointPlan
  readonly respond: Responder
}

/** A node with everything between it and who asks. */
export function endpoint(plan: EndpointPlan, deps: EndpointDeps): Endpoint {
  const { now, pause, chain, dice, blockMs, onFault, onAnswer } = deps
  const own = node({ ...deps, lagMs: plan.lagMs, takesCode: plan.takesCode })
  const nodeAt = (clock: () => number): Responder => {
    const other = node({ ...deps, now: clock, lagMs: plan.lagMs, takesCode: plan.takesCode })
    return async (exchange) => other.answer(exchange)
  }

  const layers = plan.faults.map(({ kind, spell }, index): Middleware => {
    const place: FaultPlace = { now, pause, chain, blockMs, nodeAt, dice: dice.fork(`${kind} ${index}`) }
    const act = faultRules[kind].make(place)
    return async (exchange, next) => {
      if (spell !== undefined && !covers(spell, now())) return next(exchange)
      let honest: Answer | undefined
      const startedAt = now()
      const answer = await act(exchange, async (inner) => {
        honest = await next(inner)
        return honest
      })
      if (answer !== honest || now() > startedAt) onFault(kind, exchange)
      return answer
    }
  })
  const respond = layers.reduceRight<Responder>(
    (next, layer) => (exchange) => layer(exchange, next),
    async (exchange) => own.answer(exchange),
  )

  return {
    plan,
    async respond(exchange) {
      const there = Math.ceil(plan.roundTripMs / 2)
      await pause(there)
      const answer = await respond(exchange)
      await pause(plan.roundTripMs - there)
      onAnswer(exchange, answer)
      return answer
    },
  }
}
