import type { Clock, Logger } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import type { LoadedConfig } from '../config/load.ts'
import { type ExitCode, exitCodes } from '../terminal/exit-codes.ts'

export interface UntilCompleteOptions {
  readonly loaded: LoadedConfig
  readonly reload: () => Promise<LoadedConfig>
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
}

const pauseMs = 2000

/** Logs what is missing, and reloads the configuration until it is complete. */
export async function untilComplete(options: UntilCompleteOptions): Promise<ExitCode | LoadedConfig> {
  const { clock, logger, signal } = options
  let said = ''
  for (let loaded: LoadedConfig | Error = options.loaded; ; loaded = await options.reload().catch(toError)) {
    if (!(loaded instanceof Error) && loaded.missing.length === 0) return loaded
    said = say(loaded, said, logger)
    await clock.sleep(pauseMs, { signal }).catch(() => {})
    if (signal.aborted) return exitCodes.ok
  }
}

/** @returns what it logged, so that nothing is repeated. */
function say(loaded: LoadedConfig | Error, said: string, logger: Logger): string {
  const text = loaded instanceof Error ? loaded.message : loaded.missing.map(({ key }) => key).join(' ')
  if (text === said) return said
  if (loaded instanceof Error) {
    logger.error('The configuration is invalid; it will be read again', {}, loaded)
  } else {
    for (const { key, what, remedy } of loaded.missing) logger.warn('A setting is missing', { key, what, remedy })
    logger.warn('Nothing is watched until these settings are given; the configuration is read again periodically', {
      missing: text,
    })
  }
  return text
}
