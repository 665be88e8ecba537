import type { Addresses } from '../calls/call.ts'
import type { World } from '../calls/model-ledger.ts'
import type { Family } from './family.ts'
import type { Random } from './random.ts'
import type { Sign } from './signing.ts'
import type { States } from './states.ts'

/** A family, its states, who signs them, and the contracts that they meet. */
export interface Cast {
  readonly addresses: Addresses
  readonly family: Family
  readonly states: States
  readonly sign: Sign
}

/** What the next call is drawn from. */
export interface Scene extends Cast {
  readonly random: Random
  /** After the calls so far. */
  readonly world: World
  /** When the call will be made. */
  readonly now: bigint
}
