import { WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { Transaction } from '../../model/channel.ts'
import type { EngineWatch, EventSink } from '../../spi/engine.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import { parseTransaction } from '../../validation/parse-state.ts'
import { type StopWatchingDeps, stopWatching } from './stop-watching.ts'
import type { Submissions } from './submissions.ts'

/** Where the events of one watch go, and whose watch it is. */
export interface ClientSink {
  readonly client: ClientName
  readonly sink: EventSink
}

export interface WatchHandleDeps extends StopWatchingDeps {
  readonly submissions: Submissions
  readonly assertOpen: () => void
}

/** One client's watch of one channel, to publish through, acknowledge and stop. */
export function watchHandle(deps: WatchHandleDeps, id: ChannelId, { client, sink }: ClientSink): EngineWatch {
  const { submissions, mailboxes, assertOpen } = deps
  let stopping: Promise<void> | undefined
  const isOver = (): boolean => !mailboxes.sinksOf(id, client).has(sink)

  async function stop(options: AbortOptions): Promise<void> {
    assertOpen()
    await stopWatching(deps, id, { client, only: sink }, options)
  }

  function assertWatching(): void {
    assertOpen()
    if (isOver()) throw watchEnded(id)
  }

  function submit(transaction: Transaction, options: AbortOptions | undefined): Promise<void> {
    if (transaction.state.channelId !== id) throw otherChannel(id, transaction.state.channelId)
    return submissions.submit(id, client, transaction, options)
  }

  return {
    channelId: id,
    async publish(transaction, options) {
      assertWatching()
      await submit(parseTransaction(transaction), options)
    },
    async publishParsed(transaction, options) {
      assertWatching()
      await submit(transaction, options)
    },
    acknowledge(sequence) {
      if (!isOver()) mailboxes.acknowledge(id, client, sequence)
    },
    async stop(options = {}) {
      if (isOver()) return
      stopping ??= stop(options).finally(() => {
        stopping = undefined
      })
      await stopping
    },
    detach() {
      mailboxes.disconnect(id, client, sink)
    },
  }
}

export function watchEnded(id: ChannelId): WatcherError {
  return new WatcherError('WATCH_ENDED', 'The watch was stopped.', { details: [`Channel ${id}.`] })
}

function otherChannel(id: ChannelId, got: ChannelId): WatcherError {
  return new WatcherError('CHANNEL_ID_MISMATCH', 'The state belongs to another channel.', {
    details: [`Published to ${id}, the state says ${got}.`],
  })
}
