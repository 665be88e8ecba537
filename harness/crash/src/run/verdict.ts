/** What must never be. */
export type ViolationKind =
  /** An acknowledged state is not in the store after a restart. */
  | 'lost'
  /** An old state still stands although the watcher had time enough. */
  | 'forgotten'
  /** A nonce lane does not come to rest. */
  | 'blocked'
  /** A channel concluded with something else than its newest acknowledged state, or otherwise than without kills. */
  | 'outcome'
  /** The watcher said no to something that is allowed. */
  | 'refused'
  /** The watcher says nothing at all. */
  | 'unanswered'
  /** The process ended although nobody killed it, or did not end when it should. */
  | 'ended'
  /** Something in the store cannot be read. */
  | 'damaged'

/** A promise is broken: the run ends. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly kind: ViolationKind
  /** How many states, disputes or lanes are concerned. */
  readonly count: number

  constructor(kind: ViolationKind, message: string, count = 1) {
    super(`${kind}: ${message}`)
    this.kind = kind
    this.count = count
  }
}
