import { WatcherError } from '@perun-watcher/core'
import type { Store, StoreChange } from '@perun-watcher/core/adapter'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Milestone } from '../coverage/milestones.ts'
import type { Hardship } from './hardships.ts'
import type { SimProcess } from './sim-process.ts'
import type { Trace } from './trace.ts'

export interface SimStoreDeps {
  readonly disk: Store
  readonly process: SimProcess
  readonly dice: Dice
  readonly trace: Trace
  readonly is: (hardship: Hardship) => boolean
}

/**
 * A store over the disk as one process sees it: slow, failing at times before or after the write, and losing what was
 * under way in a crash.
 */
export function simStore({ disk, process, dice, trace, is }: SimStoreDeps): Store {
  /** Resolves when every commit that was called so far has taken effect, or never will. */
  let commits: Promise<unknown> = Promise.resolve()

  async function reach(): Promise<void> {
    await process.latency()
    if (!is('storeSlow')) return
    trace.meet('fault: store slow')
    await process.pause(dice.int(50, 2_000))
  }

  function failSometimes(moment: 'before the work' | 'after the work'): void {
    if (!is('storeFails') || !dice.chance(0.3)) return
    trace.meet(`fault: store fails ${moment}`)
    throw new WatcherError('STORE_FAILED', `The simulated disk failed ${moment}.`)
  }

  function refuseMailboxes(): void {
    if (!is('mailboxesFail')) return
    trace.meet('fault: mailboxes not stored')
    throw new WatcherError('STORE_FAILED', 'The simulated disk takes no mailboxes.')
  }

  async function run<T>(task: () => Promise<T>): Promise<T> {
    await reach()
    failSometimes('before the work')
    const result = await task()
    failSometimes('after the work')
    return result
  }

  /** A crash during a write finds it undone, or done without anybody knowing. */
  async function write<T>(task: () => Promise<T>): Promise<T> {
    let crashed: Milestone = 'fault: crash before a write'
    const forget = process.onCrash(() => trace.meet(crashed))
    try {
      return await run(async () => {
        const result = await task()
        crashed = 'fault: crash after a write'
        await process.latency()
        return result
      })
    } finally {
      forget()
    }
  }

  /** However long each of them takes, commits take effect in the order in which they were called. */
  async function commit(changes: readonly StoreChange[]): Promise<void> {
    const before = commits
    let takeEffect = (): void => {}
    commits = new Promise<void>((resolve) => {
      takeEffect = resolve
    })
    try {
      await write(async () => {
        await before
        if (changes.some(({ type }) => type === 'putMailbox')) refuseMailboxes()
        await disk.commit(changes)
        takeEffect()
      })
    } finally {
      void before.then(takeEffect)
    }
  }

  return {
    capabilities: { durable: true },
    get ledgers() {
      return disk.ledgers
    },
    open: (ledgers) => disk.open(ledgers),
    bind: (ledger) => disk.bind(ledger),
    journal(ledger) {
      const journal = disk.journal(ledger)
      return {
        attempts: () => journal.attempts(),
        putAttempt: (attempt) => write(() => journal.putAttempt(attempt)),
        forgetAttempts: (lane, sequence) => write(() => journal.forgetAttempts(lane, sequence)),
      }
    },
    load: (id) => run(() => disk.load(id)),
    kept: (...args) => run(() => disk.kept(...args)),
    async *history(id, line) {
      await reach()
      yield* disk.history(id, line)
    },
    commit,
    async *summaries() {
      await reach()
      yield* disk.summaries()
    },
    mailbox: (id, client) => run(() => disk.mailbox(id, client)),
    cursor: (ledger) => disk.cursor(ledger),
    async close() {},
    async [Symbol.asyncDispose]() {},
  }
}
