import { WatcherError } from '@perun-watcher/core'
import type { ConfigSources } from '../config/load.ts'
import { type Reloaded, type ReloadTarget, reload } from './reload.ts'

/** Reloads the configuration on request, one request at a time. */
export interface Reloader {
  /** @throws WatcherError `OPTION_INVALID`, or `OVERLOADED` before anything is attached. */
  reload(): Promise<Reloaded>
  /** Without an answer, for signals: the outcome is logged. Before anything is attached, it is deferred until then. */
  request(): void
  /** From now on, reloads apply to this target. */
  attach(target: ReloadTarget): void
}

export function reloader(sources: ConfigSources): Reloader {
  let target: ReloadTarget | undefined
  let isRequested = false
  let last: Promise<unknown> = Promise.resolve()

  async function reloadNow(): Promise<Reloaded> {
    const attached = target
    if (attached === undefined) {
      throw new WatcherError('OVERLOADED', 'The daemon does not guard channels yet.', {
        details: ['It will read the configuration before it does.'],
      })
    }
    const done = last.then(() => reload(sources, attached))
    last = done.catch(() => {})
    return await done
  }

  function request(): void {
    if (target === undefined) isRequested = true
    else void reloadNow().catch(() => {})
  }

  return {
    reload: reloadNow,
    request,
    attach(attached) {
      target = attached
      if (isRequested) request()
      isRequested = false
    },
  }
}
