import assert from 'node:assert/strict'
import { type ChannelSummary, type ErrorCode, isWatcherError, type Store } from '@perun-watcher/core'

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

export async function summariesOf(store: Store): Promise<readonly ChannelSummary[]> {
  const found: ChannelSummary[] = []
  for await (const summary of store.summaries()) found.push(summary)
  return found
}

/** What a store holds of some channels, to compare before and after. */
export async function contentOf(store: Store, ids: readonly ChannelSummary['id'][]): Promise<unknown> {
  const channels: unknown[] = []
  for (const id of ids) channels.push(await store.load(id))
  const summaries = (await summariesOf(store)).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return { channels, summaries, cursor: await store.cursor(), attempts: await store.attempts() }
}
