import { type ChannelId, hasCode, type Logger, type Random } from '@perun-watcher/core'
import type { BackOff } from '@perun-watcher/core/internal'
import { isRepeated } from '../connection/refusal.ts'
import { retryPauseMs } from '../connection/retry-pause.ts'
import { violation, type WatcherConnection } from '../connection/watcher-connection.ts'

export interface StopChannelDeps {
  readonly backOff: BackOff
  readonly random: Random
  readonly logger: Logger
  /** The next connection; rejects when the caller has given up. */
  readonly nextConnection: () => Promise<WatcherConnection>
  /**
   * Resolves when the attempt to start the channel on the newest connection is over: a start behind the stop would undo it.
   */
  readonly attached: () => Promise<void>
  /** The caller has given up. */
  readonly isAbandoned: () => boolean
}

/**
 * Asks the watcher to stop guarding a channel, on one connection after another until it is answered.
 *
 * @throws the watcher's refusal, or what `nextConnection` rejects with.
 */
export async function stopChannel(deps: StopChannelDeps, channelId: ChannelId): Promise<void> {
  let isUncertain = false
  for (let failures = 1; ; failures++) {
    const connection = await deps.nextConnection()
    await deps.attached()
    const answer = await connection.ask({
      isSlow: true,
      message: (request) => (deps.isAbandoned() ? undefined : { type: 'stopWatching', request, channelId }),
    })
    switch (answer.type) {
      case 'stopped':
        return
      case 'lost':
        isUncertain ||= answer.wasSent
        break
      case 'failed':
        // An earlier attempt succeeded, and only its answer was lost.
        if (isUncertain && hasCode(answer.error, 'CHANNEL_UNKNOWN')) return
        if (!isRepeated(answer.error)) throw answer.error
        deps.logger.warn('Channel not stopped yet; tried again', { channel: channelId, failures }, answer.error)
        await connection.pause(retryPauseMs(answer.error, failures, deps))
        break
      default:
        connection.fail(violation(`It answered a stop with ${answer.type}.`))
    }
  }
}
