/**
 * How long the engine lives. Each task gets a signal of its own, so that no signal gathers listeners for as long as the
 * engine runs.
 */
export interface Lifetime {
  readonly isOver: boolean
  /** Runs a task with a signal that aborts when the lifetime ends. */
  run<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T>
  end(reason: Error): void
}

export function lifetime(): Lifetime {
  const running = new Set<AbortController>()
  let over: Error | undefined

  return {
    get isOver() {
      return over !== undefined
    },
    async run(task) {
      if (over !== undefined) throw over
      const controller = new AbortController()
      running.add(controller)
      try {
        return await task(controller.signal)
      } finally {
        running.delete(controller)
      }
    },
    end(reason) {
      over ??= reason
      for (const controller of running) controller.abort(over)
    },
  }
}
