import type { Client } from 'viem'

/** What the WebSocket and IPC transports of viem add to a client. */
interface SocketTransport {
  /** The connection that is in use; a new one where there is none. */
  getRpcClient(): Promise<{ close(): void }>
  subscribe(request: {
    readonly params: readonly ['newHeads']
    readonly onData: () => void
    readonly onError: () => void
  }): Promise<{ unsubscribe(): Promise<unknown> }>
}

/** The connection below a client, where it has one that lasts. */
export interface ViemSocket {
  /** A request is sent. @returns what to call when it ends, with whether it was answered */
  sending(): (isAnswered: boolean) => void
  watchHeads(wake: () => void): () => void
}

interface Watch {
  readonly wake: () => void
  subscription: Promise<{ unsubscribe(): Promise<unknown> }> | undefined
  /** After so many answers in all it is tried again. */
  retryAt: number
  refusals: number
}

/** Polling finds every head: what goes wrong with a hint needs no care. */
const ignore = (): void => undefined

const mostDoublings = 10

function isSocket(transport: object): transport is SocketTransport {
  return 'subscribe' in transport && typeof transport.subscribe === 'function' && 'getRpcClient' in transport
}

/**
 * Keeps a connection alive that lasts. One that is half open answers nothing and never ends, and viem gives up on one that was
 * lost after a few attempts. So a request that ends without an answer, while nothing else was answered either, ends the
 * connection: the next request opens a new one, and heads are subscribed to anew.
 *
 * `undefined` for transports without a connection of their own.
 */
export function viemSocket({ transport }: Client): ViemSocket | undefined {
  if (!isSocket(transport)) return undefined
  const socket = transport
  const watches = new Set<Watch>()
  let answers = 0
  let isRenewing = false

  function subscribe(watch: Watch): void {
    const subscription = socket.subscribe({ params: ['newHeads'], onData: watch.wake, onError: ignore })
    watch.subscription = subscription
    subscription.catch(() => {
      if (watch.subscription !== subscription) return
      watch.subscription = undefined
      // A node may never offer it: ever more seldom.
      watch.retryAt = answers + 2 ** Math.min(watch.refusals, mostDoublings)
      watch.refusals += 1
    })
  }

  function renewWatches(): void {
    for (const watch of watches) subscribe(watch)
  }

  function renew(): void {
    if (isRenewing) return
    isRenewing = true
    const end = (): void => {
      isRenewing = false
      renewWatches()
    }
    socket
      .getRpcClient()
      .then((connection) => connection.close())
      .then(end, end)
  }

  function resume(): void {
    for (const watch of watches) if (watch.subscription === undefined && answers >= watch.retryAt) subscribe(watch)
  }

  return {
    sending() {
      const before = answers
      return (isAnswered) => {
        if (isAnswered) {
          answers += 1
          resume()
        } else if (answers === before) renew()
      }
    },
    watchHeads(wake) {
      const watch: Watch = { wake, subscription: undefined, retryAt: 0, refusals: 0 }
      watches.add(watch)
      subscribe(watch)
      return () => {
        watches.delete(watch)
        watch.subscription?.then(({ unsubscribe }) => unsubscribe()).catch(ignore)
      }
    },
  }
}
