import type { ClientMessage } from '../../wire/messages.ts'

/** A message that waits for its turn. */
export interface QueuedMessage {
  /** The message when its turn has come; `undefined`: it is not wanted any more. */
  readonly message: () => ClientMessage | undefined
  /** It is on its way to the transport. */
  readonly onSend?: (() => void) | undefined
}

/** The one sender of a connection: whoever has something to say posts it here. */
export interface MessageSender {
  post(message: QueuedMessage): void
  /** Newer acknowledgements of a watch replace older ones that were not sent yet. */
  acknowledge(watch: number, sequence: bigint): void
  /** Resolves when everything that was posted is handed over, or never will be. */
  empty(): Promise<void>
  /** Sends nothing any more. */
  end(): void
}

export interface MessageSenderDeps {
  readonly send: (message: ClientMessage) => Promise<void>
  /** The connection takes nothing any more. */
  readonly onFailure: (error: unknown) => void
}

export function messageSender({ send, onFailure }: MessageSenderDeps): MessageSender {
  const queue: QueuedMessage[] = []
  const acknowledgements = new Map<number, bigint>()
  let sending: Promise<void> | undefined
  let isOver = false

  /** Acknowledgements first: the watcher holds back events, and repeats them to the next watch, until it has them. */
  function next(): ClientMessage | undefined {
    for (const [watch, sequence] of acknowledgements) {
      acknowledgements.delete(watch)
      return { type: 'acknowledge', watch, sequence }
    }
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const message = next.message()
      if (message === undefined) continue
      next.onSend?.()
      return message
    }
    return undefined
  }

  async function sendAll(): Promise<void> {
    try {
      for (let message = next(); message !== undefined && !isOver; message = next()) await send(message)
    } catch (error) {
      end()
      onFailure(error)
    }
    sending = undefined
  }

  /** In its own turn, so that nobody who posts is interrupted by a failure. */
  function wake(): void {
    if (!isOver) sending ??= Promise.resolve().then(sendAll)
  }

  function end(): void {
    isOver = true
    queue.length = 0
    acknowledgements.clear()
  }

  return {
    post(message) {
      queue.push(message)
      wake()
    },
    acknowledge(watch, sequence) {
      acknowledgements.set(watch, sequence)
      wake()
    },
    async empty() {
      await sending
    },
    end,
  }
}
