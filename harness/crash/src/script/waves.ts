import { deferred } from '@perun-watcher/core/internal'

/**
 * Disputes come in waves: all of a wave are answered before chain time jumps, or the jump would close windows that a slow
 * machine had no chance to use. Publishing goes on all the time.
 */
export interface Waves {
  /** Resolves when a dispute may be opened. Whoever joined must call `meet` as often as the others, then `pass`. */
  join(): Promise<void>
  /** This dispute is where it should be by then; resolves at the latest of the times that the wave's disputes named. */
  meet(time: bigint): Promise<void>
  /** The same for the last time: whoever waits to join is let in. */
  pass(time: bigint): Promise<void>
}

export function waves(passTo: (time: bigint) => Promise<void>): Waves {
  /** Disputes of this wave. */
  let members = 0
  /** Those of them that wait for the next jump. */
  let arrived = 0
  /** Somebody waits for a jump: who comes now waits for the next wave. */
  let isClosed = false
  let latest = 0n
  let turn = deferred()

  async function jump(isLast: boolean): Promise<void> {
    const ended = turn
    try {
      await passTo(latest + 1n)
      arrived = 0
      if (isLast) {
        members = 0
        isClosed = false
      }
      ended.resolve()
    } catch (error) {
      ended.reject(error)
    }
    // Not before: who joins while time passes waits for the end of it, and there may never be another one.
    turn = deferred()
  }

  async function arrive(time: bigint, isLast: boolean): Promise<void> {
    isClosed = true
    arrived += 1
    if (time > latest) latest = time
    const ended = turn.promise
    if (arrived === members) void jump(isLast)
    await ended
  }

  return {
    async join() {
      while (isClosed) await turn.promise
      members += 1
    },
    meet: (time) => arrive(time, false),
    pass: (time) => arrive(time, true),
  }
}
