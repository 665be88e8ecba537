import type { ChildProgram, TransportPlace, TransportServer } from '@perun-watcher/conformance/transport'
import { isWatcherError, WatcherError } from '@perun-watcher/core'
import type { AcceptedConnection, Connection, Connector } from '@perun-watcher/protocol/adapter'
import { type Breaks, maxMessageBytes, memoryChild, memoryPlace } from './memory-transport.ts'

/** A broken transport. */
export interface Double {
  place(): TransportPlace
  readonly child?: ChildProgram
}

/** Some functions of both ends of every connection are others. */
const ends = (change: (connection: Connection) => Partial<Connection>): Double => ({
  place: memoryPlace(broken(change)),
})

const broken =
  (change: (connection: Connection) => Partial<Connection>): Breaks =>
  (connection) => ({ ...connection, ...change(connection) })

/** Some functions of the place are others. */
const places = (change: (place: TransportPlace) => Partial<TransportPlace>): Double => ({
  place() {
    const place = memoryPlace()()
    return { ...place, ...change(place) }
  },
})

/** One call after the other. */
function mutex(): <T>(work: () => Promise<T>) => Promise<T> {
  let before: Promise<unknown> = Promise.resolve()
  return (work) => {
    const call = before.then(work)
    before = call.catch(() => {})
    return call
  }
}

/** Ends with the signal, whatever becomes of the call. */
function abandoned<T>(call: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    call.then(resolve, reject).finally(() => signal?.removeEventListener('abort', onAbort))
  })
}

async function* renamed(server: TransportServer): AsyncGenerator<AcceptedConnection> {
  let before: AcceptedConnection | undefined
  for await (const accepted of server) {
    yield { ...accepted, client: before?.client ?? accepted.client }
    before = accepted
  }
}

const wholeProcess = mutex()

/** More ways to break some of the cases. */
export const furtherDoubles: readonly (readonly [name: string, what: string, double: Double])[] = [
  [
    'delivers messages of every size up to the limit, byte for byte, both ways',
    'takes an empty message for none',
    ends((connection) => ({
      async send(bytes, options) {
        if (bytes.length > 0) await connection.send(bytes, options)
      },
    })),
  ],
]

/** For every case of the kit a transport that breaks it. */
export const transportDoubles: Readonly<Record<string, Double>> = {
  // The length of a message has 16 bits.
  'delivers messages of every size up to the limit, byte for byte, both ways': ends((connection) => ({
    send: (bytes, options) => connection.send(bytes.slice(0, bytes.length % 65_536), options),
  })),
  'keeps the order of every one of many connections': ends((connection) => {
    let held: Uint8Array | undefined
    let count = 0
    return {
      async send(bytes, options) {
        count += 1
        if (count % 10 === 5) {
          held = bytes
          return
        }
        await connection.send(bytes, options)
        if (held !== undefined) await connection.send(held, options)
        held = undefined
      },
    }
  }),
  'carries both directions at once': ends((connection) => {
    const oneByOne = mutex()
    return {
      send: (bytes, options) => oneByOne(() => connection.send(bytes, options)),
      receive: (options) => oneByOne(() => connection.receive(options)),
    }
  }),
  'refuses a message above the limit, and stays usable': ends((connection) => ({
    send: (bytes, options) => connection.send(bytes.slice(0, maxMessageBytes), options),
  })),
  'makes a sender wait while the receiver does not read, and then delivers everything': ends((connection) => {
    const oneByOne = mutex()
    return {
      async send(bytes, options) {
        oneByOne(() => connection.send(bytes, options)).catch(() => {})
      },
    }
  }),
  'lets no connection wait for another whose receiver does not read': ends((connection) => ({
    send: (bytes, options) => wholeProcess(() => connection.send(bytes, options)),
  })),
  'gives up a send that waits with the reason of its signal, and breaks no message': ends((connection) => ({
    async send(bytes, options) {
      options?.signal?.throwIfAborted()
      await abandoned(connection.send(bytes), options?.signal).catch((error: unknown) => {
        // What was begun is broken off in the middle.
        if (error === options?.signal?.reason) connection.send(bytes.slice(0, 100)).catch(() => {})
        throw error
      })
    },
  })),
  'ends for the peer when it is disposed of, and what still arrives is the beginning of what was sent': ends(
    (connection) => ({
      async receive(options) {
        const bytes = await connection.receive(options)
        if (bytes === undefined) throw new WatcherError('CONNECTION_LOST', 'The other side is gone.')
        return bytes
      },
    }),
  ),
  'is disposed of as often as one likes': ends((connection) => {
    let isClosed = false
    return {
      async [Symbol.asyncDispose]() {
        if (isClosed) throw new Error('It is closed already.')
        isClosed = true
        await connection[Symbol.asyncDispose]()
      },
    }
  }),
  'refuses every call after it was disposed of': ends((connection) => {
    let isClosed = false
    return {
      receive: async (options) => (isClosed ? undefined : connection.receive(options)),
      async [Symbol.asyncDispose]() {
        isClosed = true
        await connection[Symbol.asyncDispose]()
      },
    }
  }),
  'ends the calls that wait when it is disposed of': ends((connection) => ({
    receive: (options) =>
      connection.receive(options).catch((error: unknown) => {
        throw isWatcherError(error) ? new Error('socket hang up') : error
      }),
  })),
  'is lost for both sides when it is cut, and a new one can be made': ends((connection) => ({
    receive: (options) =>
      connection.receive(options).catch((error: unknown) => {
        if (isWatcherError(error)) return undefined
        throw error
      }),
  })),
  // It waits for the next connection.
  'loses no message in the middle when it is cut': ends((connection) => ({
    send: (bytes, options) =>
      connection.send(bytes, options).catch((error: unknown) => {
        if (!isWatcherError(error)) throw error
      }),
  })),
  'says that the watcher cannot be reached where nobody listens': places((place) => ({
    connector: (client) => (options) =>
      place
        .connector(client)(options)
        .catch((error: unknown) => {
          throw isWatcherError(error) ? new Error('ECONNREFUSED') : error
        }),
  })),
  'ends its connections and takes no more when the server is closed': places((place) => ({
    async listen() {
      const server = await place.listen()
      return { [Symbol.asyncIterator]: () => server[Symbol.asyncIterator](), async [Symbol.asyncDispose]() {} }
    },
  })),
  'connects again after the server was started anew': places((place) => {
    let first: Promise<TransportServer> | undefined
    return {
      listen() {
        first ??= place.listen()
        return first
      },
    }
  }),
  'rejects a call whose signal is aborted with the reason of the signal, and does nothing': ends((connection) => ({
    send: (bytes) => connection.send(bytes),
  })),
  'loses no message when a receive is given up': ends((connection) => ({
    async receive(options) {
      options?.signal?.throwIfAborted()
      return await abandoned(connection.receive(), options?.signal)
    },
  })),
  'leaves no connection behind when connecting is given up': places((place) => ({
    connector: (client) => {
      const connect: Connector = ({ signal }) => abandoned(place.connector(client)({}), signal)
      return connect
    },
  })),
  'names every connection after the client that made it': places((place) => ({
    async listen() {
      const server = await place.listen()
      return {
        [Symbol.asyncIterator]: () => renamed(server),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      }
    },
  })),
  'lets nobody come under the name of another': places((place) => ({ impostor: (client) => place.connector(client) })),
  'lets its process end by itself once everything is closed': {
    place: memoryPlace(),
    child: memoryChild('leaves a timer'),
  },
}
