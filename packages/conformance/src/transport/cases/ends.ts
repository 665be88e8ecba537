import assert from 'node:assert/strict'
import { refused } from '../../assert.ts'
import { later } from '../../patience.ts'
import { asMuchElsewhere, flood } from '../flood.ts'
import { expectBeginning, expectMessage, message } from '../messages.ts'
import type { Pair, TransportCase } from '../types.ts'

const lost = ['CONNECTION_LOST'] as const

const ends = ({ client, server }: Pair) =>
  [
    { mine: client, peer: server },
    { mine: server, peer: client },
  ] as const

/** How a connection ends. */
export const endCases: readonly TransportCase[] = [
  {
    name: 'ends for the peer when it is disposed of, and what still arrives is the beginning of what was sent',
    async run({ listen }) {
      const server = await listen()
      for (const side of [0, 1] as const) {
        const { mine, peer } = ends(await server.pair())[side]
        for (let number = 0; number < 5; number++) await mine.send(message(number, 100))
        await mine[Symbol.asyncDispose]()
        const { failure } = await expectBeginning(peer, 100)
        assert.equal(failure, undefined, 'the peer sees an end in order')
        assert.equal(await peer.receive(), undefined, 'it stays ended')
        await refused(peer.send(message(0, 8)), lost, 'a message to a peer that is gone')
      }
    },
  },
  {
    name: 'is disposed of as often as one likes',
    async run({ listen }) {
      const server = await listen()
      for (const side of [0, 1] as const) {
        const { mine, peer } = ends(await server.pair())[side]
        await Promise.all([mine[Symbol.asyncDispose](), mine[Symbol.asyncDispose]()])
        assert.equal(await peer.receive(), undefined)
        await peer[Symbol.asyncDispose]()
        await mine[Symbol.asyncDispose]()
      }
    },
  },
  {
    name: 'refuses every call after it was disposed of',
    async run({ listen }) {
      const server = await listen()
      for (const side of [0, 1] as const) {
        const { mine, peer } = ends(await server.pair())[side]
        await peer.send(message(0, 8))
        await mine[Symbol.asyncDispose]()
        await refused(mine.send(message(0, 8)), lost, 'send')
        await refused(mine.receive(), lost, 'receive')
      }
    },
  },
  {
    name: 'ends the calls that wait when it is disposed of',
    async run(context) {
      const server = await context.listen()
      for (const side of [0, 1] as const) {
        const { mine, peer } = ends(await server.pair())[side]
        const flooding = flood(mine, context)
        await asMuchElsewhere(flooding, { client: mine, server: peer })
        const receiving = later(mine.receive())
        await mine[Symbol.asyncDispose]()
        await refused(flooding.done, lost, 'a send that waits')
        await refused(receiving, lost, 'a receive that waits')
      }
    },
  },
  {
    name: 'is lost for both sides when it is cut, and a new one can be made',
    needs: ['cut'],
    async run({ listen, place }) {
      const server = await listen()
      const { client, server: accepted } = await server.pair()
      const waiting = [later(client.receive()), later(accepted.receive())]
      await place.cut?.()
      for (const call of waiting) await refused(call, lost, 'a receive that waits')
      for (const end of [client, accepted]) {
        await refused(end.receive(), lost, 'receive')
        await refused(end.send(message(0, 8)), lost, 'send')
        await end[Symbol.asyncDispose]()
      }
      const again = await server.pair()
      for (const { mine, peer } of ends(again)) {
        await Promise.all([mine.send(message(7, 100)), expectMessage(peer, 7, 100)])
      }
    },
  },
  {
    name: 'loses no message in the middle when it is cut',
    needs: ['cut'],
    async run({ listen, place }) {
      const server = await listen()
      for (const side of [0, 1] as const) {
        const { mine, peer } = ends(await server.pair())[side]
        for (let number = 0; number < 10; number++) await mine.send(message(number, 100))
        const read = later(expectBeginning(peer, 100))
        await place.cut?.()
        const { failure } = await read
        await refused(Promise.reject(failure), lost, 'what the peer sees of a cut')
        // Each end notices in its own time.
        await refused(mine.receive(), lost, 'a receive after the cut')
        await refused(mine.send(message(10, 100)), lost, 'a message after the cut')
      }
    },
  },
]
