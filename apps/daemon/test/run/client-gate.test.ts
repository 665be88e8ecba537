import { parseClientName } from '@perun-watcher/core'
import type { AcceptedConnection, Connection } from '@perun-watcher/protocol/adapter'
import { expect, test } from 'vitest'
import { clientGate } from '../../src/run/client-gate.ts'

const [ann, ben, cy] = ['curve:ann', 'curve:ben', 'curve:cy'].map(parseClientName)
if (ann === undefined || ben === undefined || cy === undefined) throw new Error('there are three')

interface Arrival extends AcceptedConnection {
  readonly isEnded: () => boolean
}

function arrival(client: AcceptedConnection['client']): Arrival {
  let isEnded = false
  const connection: Connection = {
    send: async () => {},
    receive: async () => undefined,
    async [Symbol.asyncDispose]() {
      isEnded = true
    },
  }
  return { client, connection, isEnded: () => isEnded }
}

async function* of(arrivals: readonly AcceptedConnection[]): AsyncGenerator<AcceptedConnection> {
  yield* arrivals
}

async function all(connections: AsyncIterable<AcceptedConnection>): Promise<readonly AcceptedConnection[]> {
  const accepted: AcceptedConnection[] = []
  for await (const each of connections) accepted.push(each)
  return accepted
}

test('another list ends the connections of those who are not on it, and of nobody else', async () => {
  const gate = clientGate(new Set([ann, ben]))
  const [first, second, other] = [arrival(ann), arrival(ann), arrival(ben)]
  await all(gate.guard(of([first, second, other])))
  expect(await gate.change(new Set([ben, cy]))).toEqual({ added: [cy], removed: [ann], connectionsEnded: 2 })
  expect([first, second, other].map(({ isEnded }) => isEnded())).toEqual([true, true, false])
  expect([ann, ben, cy].map(gate.admits)).toEqual([false, true, true])
  expect(await gate.change(new Set([ben, cy]))).toMatchObject({ added: [], removed: [] })
})

test('who was let in by the list before, and arrives after it, is sent away', async () => {
  const gate = clientGate(new Set([ann, ben]))
  const [late, other] = [arrival(ann), arrival(ben)]
  await gate.change(new Set([ben]))
  expect((await all(gate.guard(of([late, other])))).map(({ client }) => client)).toEqual([ben])
  expect(late.isEnded()).toBe(true)
})

test('a connection that ended by itself is forgotten', async () => {
  const gate = clientGate(new Set([ann]))
  const [accepted] = await all(gate.guard(of([arrival(ann)])))
  await accepted?.connection[Symbol.asyncDispose]()
  expect(await gate.change(new Set())).toEqual({ added: [], removed: [ann], connectionsEnded: 0 })
})

test('without a list everybody may, and no change of nothing is told', async () => {
  const gate = clientGate(undefined)
  await all(gate.guard(of([arrival(ann)])))
  expect(gate.admits(cy)).toBe(true)
  expect(await gate.change(undefined)).toEqual({ added: [], removed: [], connectionsEnded: 0 })
})
