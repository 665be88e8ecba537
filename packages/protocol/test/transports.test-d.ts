/** What authors of transports write against the entry `adapter`, judged by the compiler. */
import { type ClientName, parseClientName } from '@perun-watcher/core'
import type { AcceptedConnection, Connection, Connector } from '@perun-watcher/protocol/adapter'
import { assertType, describe, expectTypeOf, it } from 'vitest'

declare const connection: Connection

describe('a connection', () => {
  it('is three methods that end with their signals', () => {
    assertType<Connection>({
      async send(_message, { signal } = {}) {
        expectTypeOf(signal).toEqualTypeOf<AbortSignal | undefined>()
      },
      receive: async () => undefined,
      async [Symbol.asyncDispose]() {},
    })
    assertType<Connection>({
      async send() {},
      // @ts-expect-error messages are bytes
      receive: async () => 'text',
      async [Symbol.asyncDispose]() {},
    })
    // @ts-expect-error nobody could end it
    assertType<Connection>({ async send() {}, receive: async () => undefined })
  })

  it('is made anew with each call of a connector, which can be given up', () => {
    assertType<Connector>(async ({ signal }) => {
      signal?.throwIfAborted()
      return connection
    })
    // @ts-expect-error it takes time
    assertType<Connector>(() => connection)
  })

  it('comes to the server with a name that was parsed', () => {
    assertType<AcceptedConnection>({ connection, client: parseClientName('device-1') })
    expectTypeOf<AcceptedConnection['client']>().toEqualTypeOf<ClientName>()
    // @ts-expect-error any text is no name
    assertType<AcceptedConnection>({ connection, client: 'device-1' })
  })
})
