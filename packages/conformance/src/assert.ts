import assert from 'node:assert/strict'
import { type ErrorCode, isWatcherError } from '@perun-watcher/core'

/** Waits for a call to be refused with one of these codes. */
export async function refused(call: Promise<unknown>, codes: readonly ErrorCode[], what: string): Promise<void> {
  const outcome = await call.then(
    () => 'it succeeded',
    (error: unknown) => (isWatcherError(error) ? error.code : error),
  )
  const isRight = codes.some((code) => code === outcome)
  assert.ok(isRight, `${what} must be refused with ${codes.join(' or ')}, but: ${describe(outcome)}`)
}

/** Waits for a call to reject with exactly this value. */
export async function rejected(call: Promise<unknown>, reason: unknown, what: string): Promise<void> {
  const outcome = await call.then(
    () => ({ error: 'it succeeded' }),
    (error: unknown) => ({ error }),
  )
  assert.ok(outcome.error === reason, `${what} must reject with the signal's reason, but: ${describe(outcome.error)}`)
}

const describe = (value: unknown): string => (value instanceof Error ? value.message : String(value))
