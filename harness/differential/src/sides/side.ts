import type { TimedCall } from '../calls/call.ts'
import type { Answer, Subjects } from './answers.ts'

/** Somebody who answers calls: the model, or a contract. */
export interface Side {
  /** For people. */
  readonly name: string
  /** The calls one after the other, on contracts that nobody has used yet. */
  ask(subjects: Subjects, calls: readonly TimedCall[]): Promise<readonly Answer[]>
}

/** When every sequence begins, in seconds. */
export const start = 2_000_000_000n
