import { timeLimit } from '@perun-watcher/core/internal'
import { systemClock } from '@perun-watcher/core/system'

/** Fails if something does not happen at all. The limit is generous: whoever exceeds it is stuck, not slow. */
export function within<T>(call: Promise<T>, ms: number, what: string): Promise<T> {
  const stuck = (): Error => new Error(`${what}: nothing happened for ${ms / 1000} seconds`)
  return timeLimit(systemClock, ms).run(() => call, stuck)
}

/** For a call that is awaited only later, or never if the case fails before. */
export function later<T>(call: Promise<T>): Promise<T> {
  call.catch(() => {})
  return call
}
