import type { Clock, Logger } from '@perun-watcher/core'
import type { ChainStep } from '@perun-watcher/core/adapter'

/** Milliseconds between two lines. */
const pauseMs = 5000

/** Logs the progress of long work now and then. */
export interface ProgressLog {
  readonly onLoaded: () => void
  readonly onStep: (step: ChainStep) => void
}

export function progressLog(logger: Logger, clock: Clock): ProgressLog {
  let saidAt = clock.now()
  let loaded = 0

  function isDue(): boolean {
    if (clock.now() - saidAt < pauseMs) return false
    saidAt = clock.now()
    return true
  }

  return {
    onLoaded() {
      loaded += 1
      if (isDue()) logger.info('Loading channels', { loaded })
    },
    onStep(step) {
      if (step.type === 'block' && !step.isCurrent && isDue()) {
        logger.info('Catching up with the chain', { block: step.head.number, logs: step.added.length })
      }
    },
  }
}
