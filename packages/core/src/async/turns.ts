import type { Clock } from '../spi/runtime.ts'

/** Divides much work into turns of the event loop, so that other work comes in between. */
export interface Turns {
  /** Resolves when one more piece of work may be done. In the order of the calls. */
  next(): Promise<void>
}

/** @param perTurn how many pieces fit into a turn. */
export function turns(clock: Pick<Clock, 'sleep'>, perTurn: number): Turns {
  let left = perTurn
  let isUnderWay = false
  const waiting: (() => void)[] = []

  /** A turn ends when everything else that was ready has run. Without a clock that works nobody must wait. */
  function begin(): void {
    isUnderWay = true
    clock.sleep(0).then(end, end)
  }

  function end(): void {
    isUnderWay = false
    const released = waiting.splice(0, perTurn)
    left = perTurn - released.length
    if (released.length > 0) begin()
    for (const resolve of released) resolve()
  }

  return {
    async next() {
      if (!isUnderWay) begin()
      if (left > 0) {
        left -= 1
        return
      }
      await new Promise<void>((resolve) => void waiting.push(resolve))
    },
  }
}
