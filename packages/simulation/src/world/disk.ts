import { memoryStore, type Store, WatcherError } from '@perun-watcher/core'
import type { SimProcess } from './process.ts'
import type { Dice } from './random.ts'
import type { Trace } from './trace.ts'
import type { Hardship } from './weather.ts'

/** What is on the disk; survives crashes. */
export const disk = memoryStore

export interface SimStoreDeps {
  readonly disk: Store
  readonly process: SimProcess
  readonly chance: Dice
  readonly trace: Trace
  readonly is: (hardship: Hardship) => boolean
}

/**
 * A store over the disk as one process sees it: slow, failing at times before or after the write, and losing what was
 * under way in a crash.
 */
export function simStore({ disk, process, chance, trace, is }: SimStoreDeps): Store {
  async function reach(): Promise<void> {
    await process.latency()
    if (is('storeSlow')) await process.pause(chance.int(50, 2_000))
  }

  function failSometimes(moment: string): void {
    if (!is('storeFails') || !chance.chance(0.3)) return
    trace.meet(`fault: store fails ${moment}`)
    throw new WatcherError('STORE_FAILED', `The simulated disk failed ${moment}.`)
  }

  async function run<T>(task: () => Promise<T>): Promise<T> {
    await reach()
    failSometimes('before the work')
    const result = await task()
    failSometimes('after the work')
    return result
  }

  return {
    capabilities: { durable: true },
    open: (ledgerId) => disk.open(ledgerId),
    load: (id) => run(() => disk.load(id)),
    commit: (changes) => run(() => disk.commit(changes)),
    async *channels() {
      await reach()
      yield* disk.channels()
    },
    cursor: () => disk.cursor(),
    attempts: () => disk.attempts(),
    putAttempt: (attempt) => run(() => disk.putAttempt(attempt)),
    forgetAttempts: (account, nonce) => run(() => disk.forgetAttempts(account, nonce)),
    async close() {},
    async [Symbol.asyncDispose]() {},
  }
}
