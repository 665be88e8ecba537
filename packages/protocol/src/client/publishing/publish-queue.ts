import { hasCode, WatcherError } from '@perun-watcher/core'
import type { PendingPublish } from './pending-publish.ts'

/**
 * The states of one channel that wait for the watcher's acknowledgement. One at a time is in flight, the newest first. Its
 * acknowledgement covers the older ones too, because the watcher then defends a newer state than theirs.
 */
export interface PublishQueue {
  /** How many a caller still waits for. */
  readonly size: number
  add(publish: PendingPublish): void
  /** Puts the newest waiting one in flight; `undefined` if none waits or one is in flight already. */
  take(): PendingPublish | undefined
  /** The one in flight is acknowledged, and with it all older ones that wait. */
  accepted(): void
  /** The one in flight will never be accepted. Older ones still may. */
  refused(error: unknown): void
  /** The one in flight waits again. `uncertain`: the watcher may have accepted it all the same. */
  postpone(options: { readonly uncertain: boolean }): void
  /** Rejects all that wait; nothing is sent any more. */
  end(error: Error): void
}

/** @param limit most states that wait besides the one in flight; beyond that the oldest is rejected. */
export function publishQueue(limit: number): PublishQueue {
  let waiting: readonly PendingPublish[] = []
  let underWay: PendingPublish | undefined

  function clear(): PendingPublish | undefined {
    const publish = underWay
    underWay = undefined
    return publish
  }

  function put(publish: PendingPublish): void {
    waiting = [...waiting, publish].filter((each) => !each.isSettled)
    if (waiting.length <= limit) return
    const oldest = waiting.reduce((a, b) => (b.version < a.version ? b : a))
    waiting = waiting.filter((each) => each !== oldest)
    oldest.reject(superseded(oldest.version, limit))
  }

  return {
    get size() {
      return [...waiting, underWay].filter((each) => each !== undefined && !each.isSettled).length
    },
    add: put,
    take() {
      if (underWay !== undefined) return undefined
      const open = waiting.filter((each) => !each.isSettled)
      const [first, ...rest] = open
      const newest = first && rest.reduce((a, b) => (b.version > a.version ? b : a), first)
      waiting = open.filter((each) => each !== newest)
      underWay = newest
      return newest
    },
    accepted() {
      const taken = clear()
      if (taken === undefined) return
      taken.resolve()
      for (const each of waiting) if (each.version < taken.version) each.resolve()
    },
    refused(error) {
      const publish = clear()
      // An earlier attempt may have succeeded and only its answer may have been lost. Either way the watcher defends a
      // newer state.
      if (publish?.isUncertain && hasCode(error, 'VERSION_STALE')) publish.resolve()
      else publish?.reject(error)
    },
    postpone({ uncertain }) {
      const publish = clear()
      if (publish === undefined) return
      if (uncertain) publish.isUncertain = true
      put(publish)
    },
    end(error) {
      clear()?.reject(error)
      for (const each of waiting) each.reject(error)
      waiting = []
    },
  }
}

function superseded(version: bigint, limit: number): WatcherError {
  return new WatcherError('PUBLISH_SUPERSEDED', 'Newer states took the place of this one before it could be sent.', {
    details: [`Version ${version}; at most ${limit} states of a channel wait for the watcher.`],
  })
}
