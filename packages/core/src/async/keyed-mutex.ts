/** One mutex per key: tasks of one key run one after the other, tasks of different keys side by side. */
export interface KeyedMutex<K> {
  /** Keys with a task that is running or waiting. */
  readonly size: number
  /** Runs the task when all earlier ones of its key have ended, whether they failed or not. */
  run<T>(key: K, task: () => Promise<T>): Promise<T>
  /** Resolves when nothing is running or waiting. */
  idle(): Promise<void>
}

export function keyedMutex<K>(): KeyedMutex<K> {
  const tails = new Map<K, Promise<unknown>>()

  function run<T>(key: K, task: () => Promise<T>): Promise<T> {
    const before = tails.get(key) ?? Promise.resolve()
    const result = before.then(task, task)
    const tail: Promise<void> = result.then(forget, forget)
    tails.set(key, tail)
    return result

    function forget(): void {
      if (tails.get(key) === tail) tails.delete(key)
    }
  }

  return {
    get size() {
      return tails.size
    },
    run,
    async idle() {
      while (tails.size > 0) await Promise.all(tails.values())
    },
  }
}

/** Takes the turns of several keys at once. Always in the same order, so that no two calls wait for each other. */
export function inTurns<K extends string, T>(
  mutex: KeyedMutex<K>,
  keys: readonly K[],
  task: () => Promise<T>,
): Promise<T> {
  return [...keys].sort().reduce<() => Promise<T>>((inner, key) => () => mutex.run(key, inner), task)()
}
