import assert from 'node:assert/strict'
import { refused } from '../../assert.ts'
import { later } from '../../patience.ts'
import { expectBeginning, expectMessage, message } from '../messages.ts'
import type { TransportCase } from '../types.ts'

const lost = ['CONNECTION_LOST'] as const

/** Servers come and go. */
export const serverCases: readonly TransportCase[] = [
  {
    name: 'says that the watcher cannot be reached where nobody listens',
    async run({ place }) {
      await refused(place.connector(0)({}), lost, 'connecting where nobody listens')
    },
  },
  {
    name: 'ends its connections and takes no more when the server is closed',
    async run({ listen }) {
      const server = await listen()
      const pairs = [await server.pair(0), await server.pair(1)]
      const waiting = later(server.next())
      await server[Symbol.asyncDispose]()
      assert.equal(await waiting, undefined, 'the connections of a server end with it')
      for (const { client, server: accepted } of pairs) {
        await refused(accepted.send(message(0, 8)), lost, 'send at the server')
        const { failure } = await expectBeginning(client, 8)
        if (failure !== undefined) await refused(Promise.reject(failure), lost, 'receive at the client')
        await refused(client.send(message(0, 8)), lost, 'send at the client')
      }
      await server[Symbol.asyncDispose]()
    },
  },
  {
    name: 'connects again after the server was started anew',
    async run({ listen, place }) {
      const first = await listen()
      const { client } = await first.pair()
      await first[Symbol.asyncDispose]()
      await expectBeginning(client, 8)
      await refused(place.connector(0)({}), lost, 'connecting after the server was closed')
      const second = await listen()
      const again = await second.pair()
      await Promise.all([again.client.send(message(3, 100)), expectMessage(again.server, 3, 100)])
      await Promise.all([again.server.send(message(4, 100)), expectMessage(again.client, 4, 100)])
      await client[Symbol.asyncDispose]()
      await Promise.all([again.client.send(message(5, 100)), expectMessage(again.server, 5, 100)])
    },
  },
]
