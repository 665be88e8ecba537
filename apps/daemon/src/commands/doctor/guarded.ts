import { existsSync } from 'node:fs'
import type { AbortOptions } from '@perun-watcher/core'
import type { ControlClient } from '../../control/control-client.ts'
import type { CapacitySubject } from './capacity-check.ts'

export interface Guarded extends Pick<CapacitySubject, 'guarded'> {
  /** Whether channels are watched below others. */
  readonly hasNested: boolean
}

/** What is guarded by the daemon or, where none runs, by the store that it left. `undefined`: there is neither. */
export async function whatIsGuarded(
  daemon: ControlClient | undefined,
  path: string,
  options: AbortOptions,
): Promise<Guarded | undefined> {
  if (daemon !== undefined) {
    const { capacity } = await daemon.status(options)
    return { guarded: capacity, hasNested: await hasParents(daemon.channels(options)) }
  }
  return existsSync(path) ? await countedIn(path, options) : undefined
}

async function hasParents(channels: AsyncIterable<{ readonly parents: readonly string[] }>): Promise<boolean> {
  for await (const { parents } of channels) if (parents.length > 0) return true
  return false
}

async function countedIn(path: string, options: AbortOptions): Promise<Guarded> {
  const { ledgersOfStore, lmdbStore } = await import('@perun-watcher/store-lmdb')
  const ledgers = await ledgersOfStore(path)
  await using store = lmdbStore({ path })
  await store.open(ledgers, options)
  const windows = new Map<number, number>()
  let hasNested = false
  for await (const { parents, isLedger, challengeDuration } of store.summaries(options)) {
    if (parents.length > 0) hasNested = true
    const windowSeconds = Number(challengeDuration)
    if (isLedger) windows.set(windowSeconds, (windows.get(windowSeconds) ?? 0) + 1)
  }
  return { guarded: [...windows].map(([windowSeconds, channels]) => ({ windowSeconds, channels })), hasNested }
}
