import type { ChannelId, Random } from '@perun-watcher/core'
import type { BackOff } from '@perun-watcher/core/internal'
import type { GuardedChannel } from '../../wire/messages.ts'
import { isRepeated } from '../connection/refusal.ts'
import { retryPauseMs } from '../connection/retry-pause.ts'
import { violation, type WatcherConnection } from '../connection/watcher-connection.ts'

export interface ListChannelsDeps {
  readonly backOff: BackOff
  readonly random: Random
  /** The next connection; rejects when the caller has given up. */
  readonly nextConnection: () => Promise<WatcherConnection>
}

interface Page {
  readonly channels: readonly GuardedChannel[]
  readonly more: boolean
}

/**
 * Asks the watcher page by page, on one connection after another, which channels it guards for this client.
 *
 * @throws the watcher's refusal, or what `nextConnection` rejects with.
 */
export async function* listChannels(deps: ListChannelsDeps): AsyncGenerator<GuardedChannel, void, undefined> {
  let after: ChannelId | undefined
  for (;;) {
    const { channels, more } = await pageAfter(after, deps)
    yield* channels
    after = channels.at(-1)?.id
    if (!more || after === undefined) return
  }
}

async function pageAfter(after: ChannelId | undefined, deps: ListChannelsDeps): Promise<Page> {
  for (let failures = 1; ; failures++) {
    const connection = await deps.nextConnection()
    const answer = await connection.ask({ message: (request) => ({ type: 'listChannels', request, after, limit: 0 }) })
    switch (answer.type) {
      case 'channels':
        // Otherwise the same page could be asked for without end.
        if (answer.channels.every(({ id }, at) => id > (answer.channels[at - 1]?.id ?? after ?? ''))) return answer
        connection.fail(violation('It listed channels out of their order.'))
        break
      case 'lost':
        break
      case 'failed':
        if (!isRepeated(answer.error)) throw answer.error
        await connection.pause(retryPauseMs(answer.error, failures, deps))
        break
      default:
        connection.fail(violation(`It answered a question for channels with ${answer.type}.`))
    }
  }
}
