import { type ChannelId, hasCode, type Logger, type Random } from '@perun-watcher/core'
import type { BackOff } from '@perun-watcher/core/internal'
import { isRepeated } from '../connection/refusal.ts'
import { retryPauseMs } from '../connection/retry-pause.ts'
import { violation, type WatcherConnection } from '../connection/watcher-connection.ts'

export interface StopChannelDeps {
  readonly backOff: BackOff
  readonly random: Random
  readonly logger: Logger
  /** The connection, as soon as there is one; rejects when nobody waits for the answer any more. */
  readonly nextConnection: () => Promise<WatcherConnection>
  /**
   * Resolves when the channel had its turn in the newest connection. A start after the stop would undo it, so it has to
   * come before.
   */
  readonly attached: () => Promise<void>
  /** Nobody waits for the answer any more. */
  readonly isAbandoned: () => boolean
}

/**
 * Asks the watcher to stop guarding a channel, on as many connections as it takes.
 *
 * @throws what the watcher says, or what `nextLink` rejects with.
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
        // It was sent before and the answer got lost: it was done then.
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
