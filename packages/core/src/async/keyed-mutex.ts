/** Runs tasks of one key one after the other; tasks of different keys run side by side. */
export interface KeyedSerial<K> {
  /** Keys with a task that is running or waiting. */
  readonly size: number
  run<T>(key: K, task: () => Promise<T>): Promise<T>
  /** Resolves when nothing is running or waiting. */
  idle(): Promise<void>
}

export function keyedSerial<K>(): KeyedSerial<K> {
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
