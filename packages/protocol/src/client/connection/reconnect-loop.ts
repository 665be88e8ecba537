import { type Clock, isWatcherError, type Logger, type Random, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import type { BackOff } from '@perun-watcher/core/internal'
import { isRefusal } from './refusal.ts'
import { retryPauseMs } from './retry-pause.ts'
import type { ConnectionEnd, WatcherConnection } from './watcher-connection.ts'

export interface ReconnectLoopDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly backOff: BackOff
  /** Makes one attempt. */
  readonly connect: (signal: AbortSignal) => Promise<WatcherConnection>
  readonly onConnected: (connection: WatcherConnection) => void
  /** The connection ended or an attempt failed; another attempt follows. */
  readonly onLost: (error: WatcherError) => void
}

/**
 * Keeps one connection open, with back-off between attempts. The pauses grow until a connection lasts longer than the pause
 * before it, so that a watcher that ends every connection at once is tried less and less often. While the watcher refuses
 * this client, every pause is of the longest kind.
 *
 * @returns the error that no further attempt can mend. Rejects with the signal's reason.
 */
export async function reconnectLoop(deps: ReconnectLoopDeps, signal: AbortSignal): Promise<WatcherError> {
  const { clock, random, backOff, logger, onLost } = deps
  let failures = 0
  for (let pauseMs = 0; ; ) {
    signal.throwIfAborted()
    const { error, isFinal, lastedMs } = await attempt(deps, signal)
    if (isFinal) return error
    failures = lastedMs > pauseMs ? 1 : failures + 1
    pauseMs = retryPauseMs(error, failures, { backOff: isRefusal(error) ? slowest(backOff) : backOff, random })
    const what = isRefusal(error) ? 'The watcher refuses this client' : 'No connection to the watcher'
    logger.warn(`${what}; tried again`, { pauseMs: Math.round(pauseMs), failures }, error)
    onLost(error)
    await clock.sleep(pauseMs, { signal })
  }
}

interface EndedAttempt extends ConnectionEnd {
  readonly lastedMs: number
}

/** One attempt, until its connection has ended. */
async function attempt(deps: ReconnectLoopDeps, signal: AbortSignal): Promise<EndedAttempt> {
  try {
    const connection = await deps.connect(signal)
    const begin = deps.clock.now()
    const { software, ledgerId } = connection.welcome
    deps.logger.info('Connected to the watcher', { software, ledgerId })
    deps.onConnected(connection)
    return { ...(await connection.ended), lastedMs: deps.clock.now() - begin }
  } catch (error) {
    signal.throwIfAborted()
    const why = isWatcherError(error) ? error : unreachable(error)
    return { error: why, isFinal: !why.retryable, lastedMs: 0 }
  }
}

const slowest = ({ longestDelayMs }: BackOff): BackOff => ({ firstDelayMs: longestDelayMs, longestDelayMs })

function unreachable(cause: unknown): WatcherError {
  return new WatcherError('CONNECTION_LOST', 'The watcher cannot be reached.', {
    details: [toError(cause).message],
    cause,
  })
}
