import { timeLimit } from '@perun-watcher/core/internal'
import { systemClock } from '@perun-watcher/core/system'

/** Fails where something does not happen at all. Generous, never an assertion: whoever needs it is stuck, not slow. */
export function within<T>(call: Promise<T>, ms: number, what: string): Promise<T> {
  const stuck = (): Error => new Error(`${what}: nothing happened for ${ms / 1000} seconds`)
  return timeLimit(systemClock, ms).run(() => call, stuck)
}

/** For a call that is looked at only later, or never where the case fails before. */
export function later<T>(call: Promise<T>): Promise<T> {
  call.catch(() => {})
  return call
}
