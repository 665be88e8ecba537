import type { Library } from './library.ts'
import type { Stage } from './stage.ts'

/** One thing that goes wrong with a node, a chain or a service, and what the daemon makes of it. */
export interface NodesCase {
  readonly name: string
  /** What it is a variant of: N1 to N15 or T1 to T12 of the failures that were found. */
  readonly kind: string
  /** Default: both. */
  readonly libraries?: readonly Library[]
  /**
   * Whether nobody can say that it was our transaction: no receipt comes, or the contract's record is lied about. Then all that
   * a client can hear is that its newest version stands. Default: no.
   */
  readonly isOwnUnknown?: boolean
  /** Whether it changes the chain for everybody on it. Default: no. */
  readonly needsOwnChain?: boolean
  /** Resolves when everything was done that goes wrong; whether it was survived is judged afterwards. */
  readonly play: (stage: Stage) => Promise<void>
}

/** What became of a case. */
export interface CaseResult {
  readonly name: string
  readonly kind: string
  readonly library: Library
  /** Sentences about what was lost: a version older than the newest that was acknowledged stands when its window closes. */
  readonly lost: readonly string[]
  /** Sentences about when the daemon said `ready` though nothing would have been answered. */
  readonly readyWhileBlind: readonly string[]
  /** Sentences about what its client never heard of. */
  readonly untold: readonly string[]
  /** Why it could not be played to its end. */
  readonly brokenBy: string | undefined
  readonly seconds: number
  /** The last that the daemon logged, where something failed. */
  readonly log: string
}

export function hasFailed({ lost, readyWhileBlind, untold, brokenBy }: CaseResult): boolean {
  return lost.length + readyWhileBlind.length + untold.length > 0 || brokenBy !== undefined
}
