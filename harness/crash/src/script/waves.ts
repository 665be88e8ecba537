import { deferred } from '@perun-watcher/core/internal'

/**
 * Disputes come in waves: all of a wave are answered before chain time jumps over their windows, or the jump would close
 * windows that a slow machine had no chance to use. Publishing goes on all the time.
 */
export interface Waves {
  /** Resolves when a dispute may be opened. Whoever joined must call `pass`. */
  join(): Promise<void>
  /** This dispute is answered; resolves when its window has closed. */
  pass(timeout: bigint): Promise<void>
}

export function waves(passTo: (time: bigint) => Promise<void>): Waves {
  /** Disputes of this wave that are not answered yet. */
  let open = 0
  /** Somebody is done: who comes now waits for the next wave. */
  let isClosed = false
  let latest = 0n
  let turn = deferred()

  async function end(): Promise<void> {
    const ended = turn
    try {
      await passTo(latest + 1n)
      isClosed = false
      ended.resolve()
    } catch (error) {
      ended.reject(error)
    }
    // Not before: who joins while time passes waits for the end of this wave, and there may never be another one.
    turn = deferred()
  }

  return {
    async join() {
      while (isClosed) await turn.promise
      open += 1
    },
    async pass(timeout) {
      isClosed = true
      open -= 1
      if (timeout > latest) latest = timeout
      const ended = turn.promise
      if (open === 0) void end()
      await ended
    },
  }
}
