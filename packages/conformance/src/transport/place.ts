import assert from 'node:assert/strict'
import type { RunningServer, TransportPlace } from './types.ts'

/** A place and everything that was opened there, to be closed together. */
export interface OpenPlace extends AsyncDisposable {
  readonly place: TransportPlace
  listen(): Promise<RunningServer>
}

export async function openPlace(make: () => TransportPlace | Promise<TransportPlace>): Promise<OpenPlace> {
  const place = await make()
  const opened: AsyncDisposable[] = []

  async function listen(): Promise<RunningServer> {
    const server = await place.listen()
    opened.push(server)
    const connections = server[Symbol.asyncIterator]()

    async function next(): ReturnType<RunningServer['next']> {
      const { value, done } = await connections.next()
      return done === true ? undefined : value
    }

    async function pair(client = 0): ReturnType<RunningServer['pair']> {
      const [mine, accepted] = await Promise.all([place.connector(client)({}), next()])
      opened.push(mine)
      assert.ok(accepted, 'the server takes the connection')
      assert.equal(accepted.client, place.clientName(client), 'the server takes the connection of this client')
      return { client: mine, server: accepted.connection }
    }

    return { next, pair, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }

  return {
    place,
    listen,
    async [Symbol.asyncDispose]() {
      // Clients first, as usual: the server sees them leave.
      for (const each of opened.reverse()) await each[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}
