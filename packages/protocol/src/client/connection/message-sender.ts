import type { ClientMessage } from '../../wire/messages.ts'

/** A message that waits to be sent. */
export interface QueuedMessage {
  /** Makes the message at the moment of sending; `undefined`: it is no longer wanted. */
  readonly message: () => ClientMessage | undefined
  /** Called when the message is handed to the transport. */
  readonly onSend?: (() => void) | undefined
}

/** Sends the messages of one connection, one at a time. */
export interface MessageSender {
  post(message: QueuedMessage): void
  /** A newer acknowledgement of a watch replaces an older one that is still queued. */
  acknowledge(watch: number, sequence: bigint): void
  /** Resolves when the queue is empty, or the connection has ended. */
  empty(): Promise<void>
  /** Drops what is queued and stops sending. */
  end(): void
}

export interface MessageSenderDeps {
  readonly send: (message: ClientMessage) => Promise<void>
  /** Sending failed. */
  readonly onFailure: (error: unknown) => void
}

export function messageSender({ send, onFailure }: MessageSenderDeps): MessageSender {
  const queue: QueuedMessage[] = []
  const acknowledgements = new Map<number, bigint>()
  let sending: Promise<void> | undefined
  let isOver = false

  /** Acknowledgements first: until it has them the watcher holds back events, and repeats them to the next watch. */
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

  /** In a later microtask, so that a failure never surfaces in a call to `post`. */
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
