import { type LedgerId, parseLedgerId } from '@perun-watcher/core'
import type { Store, StoreCapabilities } from '@perun-watcher/core/adapter'
import type { ChildProgram, Runner } from '../runner.ts'

/**
 * A place for one store, a new one for every test: a temporary directory, a database. Disposing of it closes nothing and
 * deletes everything.
 */
export interface StorePlace extends AsyncDisposable {
  /** A store at this place, not open yet. Durable stores find there what earlier ones left. */
  store(): Store
  /**
   * Names the place to the program of {@link StoreKitOptions.child}: a path, an address. Needed for tests that kill processes.
   */
  readonly location?: string | undefined
  /**
   * Changes some stored bytes of the newest state of a channel behind the store's back, while nobody has it open. The
   * bytes to look for are those of the state's hash and signatures.
   */
  damage?(needle: Uint8Array): Promise<void>
}

export interface StoreKitOptions extends Runner {
  /** Names the tests. */
  readonly name: string
  /** What the stores promise; cases that need more are skipped, and say so. */
  readonly capabilities: StoreCapabilities
  /** Makes an empty place. */
  place(): StorePlace | Promise<StorePlace>
  /** Calls `storeChild`; it is started with the location of a place as its last argument. */
  readonly child?: ChildProgram | undefined
  /** Whether places have {@link StorePlace.damage}. */
  readonly canDamage?: boolean | undefined
}

/** What a case needs besides the contract; if it is missing, the case is skipped with the reason in its name. */
export type Need =
  /** `capabilities.durable` */
  | 'durable'
  /** `child` and `StorePlace.location` */
  | 'child'
  /** A C compiler and `LD_PRELOAD`, to hold the disk still. */
  | 'stoppable disk'
  /** `StorePlace.damage` */
  | 'damage'

export interface StoreContext {
  readonly place: StorePlace
  /** A store at the place, open for these ledgers and bound to them, by default {@link ledgerId}; closed after the test. */
  open(ledgers?: readonly LedgerId[]): Promise<Store>
  /** The same at another place. */
  openElsewhere(): Promise<Store>
  readonly child: ChildProgram | undefined
}

export interface StoreCase {
  readonly name: string
  readonly needs?: readonly Need[]
  run(context: StoreContext): Promise<void>
}

/** The ledger that the stores of the kit are bound to, where a case does not say otherwise. */
export const ledgerId: LedgerId = parseLedgerId('ledger:1')

export const otherLedgerId: LedgerId = parseLedgerId('ledger:2')
