import assert from 'node:assert/strict'
import { rejected } from '../../assert.ts'
import { later } from '../../patience.ts'
import { expectBeginning, message, numberOf } from '../messages.ts'
import type { TransportCase } from '../types.ts'

/** Callers that give up. */
export const signalCases: readonly TransportCase[] = [
  {
    name: 'rejects a call whose signal is aborted with the reason of the signal, and does nothing',
    async run({ listen, place }) {
      const running = await listen()
      const reason = new Error('enough')
      const options = { signal: AbortSignal.abort(reason) }
      await rejected(place.connector(0)(options), reason, 'connect')
      const { client, server } = await running.pair(1)
      for (const [from, to] of [[client, server] as const, [server, client] as const]) {
        await rejected(from.send(message(1, 8), options), reason, 'send')
        await from.send(message(2, 8))
        await rejected(to.receive(options), reason, 'receive')
        assert.equal(numberOf(await to.receive()), 2)
      }
    },
  },
  {
    name: 'loses no message when a receive is given up',
    async run({ listen }) {
      const { client, server } = await (await listen()).pair()
      const reason = new Error('enough')
      for (const [from, to] of [[client, server] as const, [server, client] as const]) {
        const got: number[] = []
        for (let number = 0; number < 100; number++) {
          const controller = new AbortController()
          const receiving = to.receive({ signal: controller.signal })
          const sending = later(from.send(message(number, 8)))
          // Before, while or after it arrives.
          for (let turn = 0; turn < number % 5; turn++) await undefined
          controller.abort(reason)
          const outcome = await receiving.catch((error: unknown) => error)
          if (outcome instanceof Uint8Array) got.push(numberOf(outcome))
          else assert.ok(outcome === reason, `receive must reject with the signal's reason, but: ${String(outcome)}`)
          await sending
          if (outcome === reason) got.push(numberOf(await to.receive()))
        }
        assert.deepEqual(
          got,
          Array.from({ length: 100 }, (_, number) => number),
        )
      }
    },
  },
  {
    name: 'leaves no connection behind when connecting is given up',
    async run({ listen, place }) {
      const server = await listen()
      const reason = new Error('enough')
      const controller = new AbortController()
      const connecting = place.connector(0)({ signal: controller.signal })
      controller.abort(reason)
      const outcome = await connecting.catch((error: unknown) => error)
      if (outcome instanceof Error)
        assert.ok(outcome === reason, `connect must reject with the reason, but: ${outcome}`)
      else await (await connecting)[Symbol.asyncDispose]()
      const client = await place.connector(1)({})
      for (;;) {
        const accepted = await server.next()
        assert.ok(accepted, 'the server takes the second client')
        if (accepted.client === place.clientName(1)) break
        await expectBeginning(accepted.connection, 8)
      }
      await client[Symbol.asyncDispose]()
    },
  },
]
