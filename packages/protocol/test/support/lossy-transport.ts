import { type AbortOptions, type ClientName, type Clock, WatcherError } from '@perun-watcher/core'
import type { AcceptedConnection, Connection, Connector } from '../../src/adapter.ts'
import { type MemoryTransport, memoryTransport } from '../../src/index.ts'

/** A network between clients and a server that comes and goes. */
export interface LossyTransport {
  connect(client: ClientName): Connector
  /** A server is there from now on; the one before is gone, and so are its connections. */
  open(): AsyncIterable<AcceptedConnection>
  /** There is no server. */
  close(): void
  /** Breaks the connections of a client: what is under way is gone. */
  cut(client: ClientName): void
  /** The connections of a client carry nothing any more, and neither side is told. */
  stall(client: ClientName): void
  /** Milliseconds that each message takes from now on. */
  delayMs: number
}

export function lossyTransport(clock: Clock): LossyTransport {
  let current: MemoryTransport | undefined
  /** Per client: ends with the next stall. */
  const alive = new Map<ClientName, AbortController>()

  function close(): void {
    current?.close()
    current?.cut()
    current = undefined
  }

  function slowed(connection: Connection, stalled: AbortSignal): Connection {
    async function travel(options: AbortOptions | undefined): Promise<void> {
      if (transport.delayMs > 0) await clock.sleep(transport.delayMs, options)
      if (stalled.aborted) await new Promise<never>((_, reject) => rejectWith(options?.signal, reject))
    }
    return {
      async send(message, options) {
        await travel(options)
        await connection.send(message, options)
      },
      async receive(options) {
        const message = await connection.receive(options)
        await travel(options)
        return message
      },
      [Symbol.asyncDispose]: async () => {
        // A stalled connection cannot tell the other side that it ends.
        if (!stalled.aborted) await connection[Symbol.asyncDispose]()
      },
    }
  }

  const transport: LossyTransport = {
    delayMs: 0,
    connect: (client) => async (options) => {
      if (current === undefined) throw new WatcherError('CONNECTION_LOST', 'Nobody listens.')
      const controller = alive.get(client) ?? new AbortController()
      alive.set(client, controller)
      return slowed(await current.connect(client)(options), controller.signal)
    },
    open() {
      close()
      current = memoryTransport()
      return current.accepted
    },
    close,
    cut: (client) => current?.cut(client),
    stall(client) {
      alive.get(client)?.abort()
      alive.delete(client)
    },
  }
  return transport
}

function rejectWith(signal: AbortSignal | undefined, reject: (reason: unknown) => void): void {
  if (signal?.aborted) reject(signal.reason)
  else signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
}
