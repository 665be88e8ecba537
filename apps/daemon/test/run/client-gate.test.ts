import { type ClientName, parseClientName } from '@perun-watcher/core'
import type { AcceptedConnection, Connection } from '@perun-watcher/protocol/adapter'
import { expect, test } from 'vitest'
import type { AllowedClients } from '../../src/keys/allowed-clients.ts'
import { clientGate } from '../../src/run/client-gate.ts'

const [ann, ben, cy] = ['curve:ann', 'curve:ben', 'curve:cy'].map(parseClientName)
if (ann === undefined || ben === undefined || cy === undefined) throw new Error('there are three')

const [tess, pam] = ['token:tess', 'plain:pam'].map(parseClientName)
if (tess === undefined || pam === undefined) throw new Error('there are two')

const only = (...names: readonly ClientName[]): AllowedClients => ({ listed: new Set(names), tokens: new Map() })
const everybody: AllowedClients = { listed: undefined, tokens: new Map() }

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
  const gate = clientGate(only(ann, ben))
  const [first, second, other] = [arrival(ann), arrival(ann), arrival(ben)]
  await all(gate.guard(of([first, second, other])))
  expect(await gate.change(only(ben, cy))).toEqual({ added: [cy], removed: [ann], connectionsEnded: 2 })
  expect([first, second, other].map(({ isEnded }) => isEnded())).toEqual([true, true, false])
  expect([ann, ben, cy].map(gate.admits)).toEqual([false, true, true])
  expect(await gate.change(only(ben, cy))).toMatchObject({ added: [], removed: [] })
})

test('who was let in by the list before, and arrives after it, is sent away', async () => {
  const gate = clientGate(only(ann, ben))
  const [late, other] = [arrival(ann), arrival(ben)]
  await gate.change(only(ben))
  expect((await all(gate.guard(of([late, other])))).map(({ client }) => client)).toEqual([ben])
  expect(late.isEnded()).toBe(true)
})

test('a connection that ended by itself is forgotten', async () => {
  const gate = clientGate(only(ann))
  const [accepted] = await all(gate.guard(of([arrival(ann)])))
  await accepted?.connection[Symbol.asyncDispose]()
  expect(await gate.change(only())).toEqual({ added: [], removed: [ann], connectionsEnded: 0 })
})

test('without a list everybody may, and no change of nothing is told', async () => {
  const gate = clientGate(everybody)
  await all(gate.guard(of([arrival(ann)])))
  expect(gate.admits(cy)).toBe(true)
  expect(await gate.change(everybody)).toEqual({ added: [], removed: [], connectionsEnded: 0 })
})

test('who shows a token may connect as long as it is known, whoever else may', async () => {
  const gate = clientGate({ ...everybody, tokens: new Map([[tess, 'one']]) })
  expect([gate.admits(tess), gate.tokenHashOf(tess), gate.tokenHashOf(ann)]).toEqual([true, 'one', undefined])
  const [shown, other] = [arrival(tess), arrival(ann)]
  const accepted = await all(gate.guard(of([shown, other])))
  // A new token for the same client: the old one may be in the wrong hands.
  const renewed = { ...everybody, tokens: new Map([[tess, 'two']]) }
  expect(await gate.change(renewed)).toEqual({ added: [], removed: [], connectionsEnded: 1 })
  expect([shown, other].map(({ isEnded }) => isEnded())).toEqual([true, false])
  await accepted[0]?.connection[Symbol.asyncDispose]()
  await all(gate.guard(of([arrival(tess)])))
  expect(await gate.change(everybody)).toEqual({ added: [], removed: [tess], connectionsEnded: 1 })
  expect(gate.admits(tess)).toBe(false)
  expect(await gate.change(renewed)).toMatchObject({ added: [tess], removed: [] })
})

test('a list says nothing of clients that prove nothing', async () => {
  const gate = clientGate(only(ann))
  const claimed = arrival(pam)
  expect(await all(gate.guard(of([claimed])))).toHaveLength(1)
  expect(await gate.change(only(ben))).toMatchObject({ connectionsEnded: 0 })
  expect(claimed.isEnded()).toBe(false)
})
