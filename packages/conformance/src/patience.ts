import { setTimeout } from 'node:timers/promises'

/** Fails where something does not happen at all. Generous, never an assertion: whoever needs it is stuck, not slow. */
export async function within<T>(call: Promise<T>, ms: number, what: string): Promise<T> {
  const enough = new AbortController()
  const late = setTimeout(ms, undefined, { signal: enough.signal }).then(() => {
    throw new Error(`${what}: nothing happened for ${ms / 1000} seconds`)
  })
  try {
    return await Promise.race([call, late])
  } finally {
    enough.abort()
  }
}

/** For a call that is looked at only later, or never where the case fails before. */
export function later<T>(call: Promise<T>): Promise<T> {
  call.catch(() => {})
  return call
}
