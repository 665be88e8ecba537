import type { Store } from '@perun-watcher/core/adapter'
import { type Failpoint, failpointName } from '../protocol.ts'

/** Ends this process when it comes to its failpoint. */
export interface Failing {
  /** A store like the given one. */
  store(inner: Store): Store
  /** `fetch` of a JSON-RPC client: sees what really goes out and comes in. */
  fetch(url: string | URL | globalThis.Request, init?: RequestInit): Promise<Response>
}

/** The kill takes effect before this process does anything else; whoever waits, waits for ever. */
function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export function failing(failpoint: Failpoint | undefined): Failing {
  let left = failpoint?.hit ?? 0

  function isDue(operations: readonly string[], moment: 'before' | 'during' | 'after'): boolean {
    if (!operations.some((operation) => failpointName(operation, moment) === failpoint?.name)) return false
    left -= 1
    return left === 0
  }

  /** Does something that counts as these operations, unless it is time to die. */
  async function through<T>(operations: readonly string[], work: () => Promise<T>): Promise<T> {
    if (isDue(operations, 'before')) await die()
    const working = work()
    if (isDue(operations, 'during')) {
      // What it wants the system to do is under way, and what the system answers is not heard.
      working.catch(() => {})
      await turn()
      await die()
    }
    const result = await working
    if (isDue(operations, 'after')) await die()
    return result
  }

  return {
    store: (inner) => ({
      ...inner,
      commit: (changes, options) =>
        through([...new Set(changes.map(({ type }) => type))], () => inner.commit(changes, options)),
      journal(ledger) {
        const journal = inner.journal(ledger)
        return {
          ...journal,
          putAttempt: (attempt, options) => through(['putAttempt'], () => journal.putAttempt(attempt, options)),
          forgetAttempts: (lane, sequence, options) =>
            through(['forgetAttempts'], () => journal.forgetAttempts(lane, sequence, options)),
        }
      },
    }),
    fetch: (url, init) => through(operationsOf(init), () => fetch(url, init)),
  }
}

/** By the methods in the body, read as text: this must not depend on how the client writes its requests. */
function operationsOf(init: RequestInit | undefined): readonly string[] {
  const body = typeof init?.body === 'string' ? init.body : ''
  return [
    ...(body.includes('"eth_sendRawTransaction"') ? ['send'] : []),
    ...(body.includes('"eth_getTransactionReceipt"') ? ['receipt'] : []),
  ]
}
