import assert from 'node:assert/strict'
import { rejected } from '../../assert.ts'
import { asMuchElsewhere, flood } from '../flood.ts'
import { expectAll, expectMessage, message, numberOf, sendAll } from '../messages.ts'
import type { Pair, TransportCase } from '../types.ts'

const turned = ({ client, server }: Pair): Pair => ({ client: server, server: client })

/** A peer that does not read holds up whoever sends to it, and nobody else. */
export const flowCases: readonly TransportCase[] = [
  {
    name: 'makes a sender wait while the receiver does not read, and then delivers everything',
    async run(context) {
      const pair = await (await context.listen()).pair()
      for (const { client, server } of [pair, turned(pair)]) {
        const flooding = flood(client, context)
        await asMuchElsewhere(flooding, { client, server })
        const bytes = flooding.taken * flooding.size
        assert.ok(bytes <= context.maxBufferedBytes, `${bytes} bytes were taken in while nobody read`)
        await expectAll(server, flooding.count, flooding.size)
        await flooding.done
      }
    },
  },
  {
    name: 'lets no connection wait for another whose receiver does not read',
    async run(context) {
      const server = await context.listen()
      const [slow, own, other] = [await server.pair(0), await server.pair(0), await server.pair(1)]
      for (const { client, server: reader } of [slow, turned(slow)]) {
        const flooding = flood(client, context)
        for (const pair of [own, other]) {
          await Promise.all([sendAll(pair.client, 100, 1_000), expectAll(pair.server, 100, 1_000)])
          await Promise.all([sendAll(pair.server, 100, 1_000), expectAll(pair.client, 100, 1_000)])
        }
        await expectAll(reader, flooding.count, flooding.size)
        await flooding.done
      }
    },
  },
  {
    name: 'gives up a send that waits with the reason of its signal, and breaks no message',
    async run(context) {
      const { client, server } = await (await context.listen()).pair()
      const reason = new Error('enough')
      const controller = new AbortController()
      const flooding = flood(client, context, controller.signal)
      await asMuchElsewhere(flooding, { client, server })
      controller.abort(reason)
      await rejected(flooding.done, reason, 'a send that waits')
      const { taken, size } = flooding
      const [, afterwards] = await Promise.all([
        client.send(message(flooding.count, size)),
        (async () => {
          await expectAll(server, taken, size)
          const next = await server.receive()
          // The aborted one may still arrive, whole.
          return numberOf(next) === taken ? server.receive() : next
        })(),
      ])
      assert.ok(
        afterwards && Buffer.compare(afterwards, message(flooding.count, size)) === 0,
        'the next message is whole',
      )
      await Promise.all([server.send(message(1, 8)), expectMessage(client, 1, 8)])
    },
  },
]
