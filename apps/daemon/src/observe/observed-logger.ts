import type { Logger } from '@perun-watcher/core'
import type { Metrics } from './metrics/metrics-registry.ts'

/** Wraps a logger to count warnings and errors, whether they are written or not. */
export function observedLogger(logger: Logger, metrics: Metrics): Logger {
  return {
    ...logger,
    warn(message, fields, error) {
      metrics.count('perun_watcher_log_entries_total', { level: 'warn' })
      logger.warn(message, fields, error)
    },
    error(message, fields, error) {
      metrics.count('perun_watcher_log_entries_total', { level: 'error' })
      logger.error(message, fields, error)
    },
  }
}
