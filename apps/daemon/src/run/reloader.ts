import { WatcherError } from '@perun-watcher/core'
import type { ConfigSources } from '../config/load.ts'
import { type Reloaded, type ReloadTarget, reload } from './reload.ts'

/** Reads the configuration again for whoever asks, one after the other. */
export interface Reloader {
  /** @throws WatcherError `OPTION_INVALID`, or `OVERLOADED` while there is nothing to change yet. */
  reload(): Promise<Reloaded>
  /** For who hears no answer: the log has it. Asked for too early, it is done as soon as there is something to change. */
  request(): void
  /** There is something to change from now on. */
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
        details: ['It reads the configuration before it does.'],
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
