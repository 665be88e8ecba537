import { fileURLToPath } from 'node:url'
import type { ChildProgram, TransportPlace } from '@perun-watcher/conformance/transport'
import { parseClientName, WatcherError } from '@perun-watcher/core'
import { type MemoryTransport, memoryTransport } from '@perun-watcher/protocol'
import type { AcceptedConnection, Connection } from '@perun-watcher/protocol/adapter'

/** Small, so that a reader who does not read is noticed soon. */
export const maxMessageBytes = 100_000
/** 16 messages wait in the transport. */
export const maxBufferedBytes = 16 * 65_536

/** What a double changes of the ends of its connections. */
export type Breaks = (connection: Connection) => Connection

/** A place for servers in this process. `breaks` may make something else of both ends of every connection. */
export const memoryPlace =
  (breaks: Breaks = (connection) => connection) =>
  (): TransportPlace => {
    let transport: MemoryTransport | undefined
    const clientName = (client: number): AcceptedConnection['client'] => parseClientName(`client-${client}`)

    return {
      async listen() {
        const listening = memoryTransport({ maxMessageBytes })
        transport = listening
        const taken = new Set<Connection>()
        return {
          async *[Symbol.asyncIterator]() {
            for await (const accepted of listening.accepted) {
              taken.add(accepted.connection)
              yield { ...accepted, connection: breaks(accepted.connection) }
            }
          },
          async [Symbol.asyncDispose]() {
            if (transport === listening) transport = undefined
            listening.close()
            for (const connection of taken) await connection[Symbol.asyncDispose]()
          },
        }
      },
      connector: (client) => async (options) => {
        options.signal?.throwIfAborted()
        if (transport === undefined) throw new WatcherError('CONNECTION_LOST', 'Nobody listens.')
        return breaks(await transport.connect(clientName(client))(options))
      },
      clientName,
      async cut() {
        transport?.cut()
      },
      impostor: () => async () => {
        throw new WatcherError('CONNECTION_REFUSED', 'This transport knows its clients without a key.')
      },
      async [Symbol.asyncDispose]() {},
    }
  }

const script = fileURLToPath(new URL('./memory-child.ts', import.meta.url))

/** A program that uses the transport and closes it. `fault`: how it does not end. */
export const memoryChild = (fault: 'none' | 'leaves a timer' = 'none'): ChildProgram => ({
  command: process.execPath,
  args: ['--import', 'tsx', script, fault],
})
