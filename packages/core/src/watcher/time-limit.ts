import type { Clock } from '../spi/runtime.ts'

/** A call to the ledger or the store that has not answered after this long counts as failed. */
export const patienceMs = 30_000

export interface TimeLimit {
  readonly clock: Clock
  readonly limitMs: number
  /** The error of a call that took too long. */
  readonly expired: () => Error
}

/** Waits for a call no longer than the limit. What the call does after that is its own business. */
export async function withTimeLimit<T>({ clock, limitMs, expired }: TimeLimit, call: () => Promise<T>): Promise<T> {
  const done = new AbortController()
  const expiry = clock.sleep(limitMs, { signal: done.signal }).then(() => {
    throw expired()
  })
  // Once the call is done the expiry rejects with nobody waiting for it.
  expiry.catch(() => {})
  try {
    return await Promise.race([call(), expiry])
  } finally {
    done.abort()
  }
}
