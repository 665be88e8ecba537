import { type Hardship, hardships } from '../world/hardships.ts'
import type { TempoName } from '../world/tempo.ts'

/** What makes a run smaller than its seed would, for narrowing down a failure. */
export interface RunOptions {
  /** Most families of a run; fewer make a trace easier to read. Default 3. */
  readonly families?: number | undefined
  /** Things that shall not happen. */
  readonly without?: readonly Omission[] | undefined
  /** Minutes in which states are published and cheats are played. Default 30. */
  readonly minutes?: number | undefined
  /** The kind of chain; default: as the seed says. */
  readonly tempo?: TempoName | undefined
  /** Keep a readable trace. */
  readonly keepsTrace?: boolean | undefined
}

export type Omission = Hardship | (typeof events)[number]

const events = ['hangs', 'crashes', 'shutdowns', 'guests', 'nuisances', 'tenants', 'archives'] as const

/** All that a run can do without. */
export const omissions: readonly Omission[] = [...events, ...hardships]
