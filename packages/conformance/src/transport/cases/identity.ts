import assert from 'node:assert/strict'
import { isWatcherError } from '@perun-watcher/core'
import { later } from '../../patience.ts'
import { expectMessage, message, numberOf } from '../messages.ts'
import type { TransportCase } from '../types.ts'

const clients = 4
const each = 3

/** Whose connection it is. */
export const identityCases: readonly TransportCase[] = [
  {
    name: 'names every connection after the client that made it',
    async run({ listen, place }) {
      const server = await listen()
      const numbers = Array.from({ length: clients * each }, (_, index) => index % clients)
      assert.equal(new Set(numbers.map((number) => place.clientName(number))).size, clients, 'two clients, two names')
      const connected = later(
        Promise.all(
          numbers.map(async (number) => {
            const connection = await place.connector(number)({})
            await connection.send(message(number, 8))
            return connection
          }),
        ),
      )
      for (let count = 0; count < numbers.length; count++) {
        const accepted = await server.next()
        assert.ok(accepted, 'every connection is taken')
        const number = numberOf(await accepted.connection.receive())
        assert.equal(accepted.client, place.clientName(number), 'the name is that of the client')
        await accepted.connection.send(message(number, 8))
      }
      for (const [index, connection] of (await connected).entries()) {
        await expectMessage(connection, numbers[index] ?? -1, 8)
      }
    },
  },
  {
    name: 'lets nobody come under the name of another',
    needs: ['impostor'],
    async run({ listen, place }) {
      const server = await listen()
      const { client, server: accepted } = await server.pair(0)
      const outcome = await place
        .impostor?.(0)({})
        .catch((error: unknown) => error)
      assert.ok(outcome !== undefined, 'the kit was given an impostor')
      if (outcome instanceof Error) {
        assert.ok(isWatcherError(outcome), `it is refused with a code, not with ${outcome}`)
      } else {
        const impostor = await server.next()
        assert.notEqual(impostor?.client, place.clientName(0), 'somebody else has the name')
      }
      await Promise.all([client.send(message(1, 8)), expectMessage(accepted, 1, 8)])
      await Promise.all([accepted.send(message(2, 8)), expectMessage(client, 2, 8)])
      // No connection was accepted meanwhile.
      const { client: other } = await server.pair(1)
      await other[Symbol.asyncDispose]()
    },
  },
]
