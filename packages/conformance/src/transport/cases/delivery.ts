import assert from 'node:assert/strict'
import { refused } from '../../assert.ts'
import { later } from '../../patience.ts'
import { expectAll, expectMessage, message, numberOf, sendAll } from '../messages.ts'
import type { Pair, TransportCase } from '../types.ts'

const directions = ({ client, server }: Pair) =>
  [
    { from: client, to: server },
    { from: server, to: client },
  ] as const

const connections = 20

/** Messages arrive whole, once and in order. */
export const deliveryCases: readonly TransportCase[] = [
  {
    name: 'delivers messages of every size up to the limit, byte for byte, both ways',
    async run({ listen, maxMessageBytes }) {
      const pair = await (await listen()).pair()
      const sizes = [0, 1, 2, 125, 126, 255, 256, 65_535, 65_536, maxMessageBytes - 1, maxMessageBytes]
      const usable = sizes.filter((size) => size <= maxMessageBytes)
      for (const { from, to } of directions(pair)) {
        const sendEach = async (): Promise<void> => {
          for (const [number, size] of usable.entries()) await from.send(message(number, size))
        }
        const sending = later(sendEach())
        for (const [number, size] of usable.entries()) await expectMessage(to, number, size)
        await sending
      }
    },
  },
  {
    name: 'keeps the order of every one of many connections',
    async run({ listen }) {
      const server = await listen()
      const pairs: Pair[] = []
      for (let number = 0; number < connections; number++) pairs.push(await server.pair(number % 3))
      await Promise.all(
        pairs
          .flatMap((pair) => directions(pair))
          .flatMap(({ from, to }) => [sendAll(from, 50, 40), expectAll(to, 50, 40)]),
      )
    },
  },
  {
    name: 'carries both directions at once',
    async run({ listen, maxMessageBytes, maxBufferedBytes }) {
      const { client, server } = await (await listen()).pair()
      const size = Math.min(65_536, maxMessageBytes)
      const count = Math.ceil(maxBufferedBytes / size) + 1
      await Promise.all([client, server].flatMap((end) => [expectAll(end, count, size), sendAll(end, count, size)]))
    },
  },
  {
    name: 'refuses a message above the limit, and stays usable',
    async run({ listen, maxMessageBytes }) {
      const pair = await (await listen()).pair()
      for (const { from, to } of directions(pair)) {
        await from.send(message(1, 8))
        await refused(from.send(new Uint8Array(maxMessageBytes + 1)), ['MESSAGE_TOO_LARGE'], 'one byte too many')
        await from.send(message(2, 8))
        assert.deepEqual([numberOf(await to.receive()), numberOf(await to.receive())], [1, 2])
      }
    },
  },
]
