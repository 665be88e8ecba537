import type { Logger } from '@perun-watcher/core'
import type { Metrics } from '../metrics/registry.ts'

/** How core reports a warning, whether a client hears it or not. */
const endangered = 'Channel endangered'

/** The same logger; counts what deserves an alert. */
export function observedLogger(logger: Logger, metrics: Metrics): Logger {
  return {
    ...logger,
    warn(message, fields, error) {
      metrics.count('perun_watcher_log_entries_total', { level: 'warn' })
      if (message === endangered) {
        metrics.count('perun_watcher_endangered_total', { reason: String(fields?.['reason'] ?? 'unknown') })
      }
      logger.warn(message, fields, error)
    },
    error(message, fields, error) {
      metrics.count('perun_watcher_log_entries_total', { level: 'error' })
      logger.error(message, fields, error)
    },
  }
}
