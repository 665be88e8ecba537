import type { Devnet } from '@perun-watcher/devnet'
import type { Board } from './board.ts'
import type { ChainClock } from './chain-clock.ts'
import type { Guard } from './guard.ts'
import type { Cast, Staged } from './model.ts'

/** Everything that an act of the demo plays with. */
export interface Stage {
  readonly devnet: Devnet
  readonly clock: ChainClock
  readonly board: Board
  readonly guard: Guard
  readonly cast: Cast
  readonly staged: readonly Staged[]
}
