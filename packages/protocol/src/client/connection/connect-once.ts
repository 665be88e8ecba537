import { type Clock, WatcherError } from '@perun-watcher/core'
import { raceSignal, withScope } from '@perun-watcher/core/internal'
import type { Connection, Connector } from '../../transport/connection.ts'
import { type Greeting, sayHello } from './say-hello.ts'
import { type WatcherConnection, watcherConnection } from './watcher-connection.ts'

export interface ConnectOnceDeps {
  readonly connect: Connector
  readonly clock: Clock
  readonly greeting: Greeting
}

/** How long the connection and the handshake may take together before the attempt is given up. */
const connectTimeoutMs = 30_000

/**
 * Makes one attempt to connect and to complete the handshake.
 *
 * @throws the error of the transport or the handshake; `CONNECTION_LOST` if it takes too long; or the signal's reason.
 */
export async function connectOnce(
  { connect, clock, greeting }: ConnectOnceDeps,
  signal: AbortSignal,
): Promise<WatcherConnection> {
  return await withScope(signal, async (attempt) => {
    clock.sleep(connectTimeoutMs, { signal: attempt.signal }).then(
      () => attempt.abort(tooSlow()),
      () => {},
    )
    let connection: Connection | undefined
    try {
      connection = await connectOrDrop(connect, attempt.signal)
      const welcome = await raceSignal(sayHello(connection, greeting, { signal: attempt.signal }), attempt.signal)
      return watcherConnection(connection, welcome, clock)
    } catch (error) {
      await connection?.[Symbol.asyncDispose]()
      throw error
    }
  })
}

/** A connection that is made after the attempt was given up is closed at once. */
async function connectOrDrop(connect: Connector, signal: AbortSignal): Promise<Connection> {
  const connecting = Promise.resolve().then(() => connect({ signal }))
  try {
    return await raceSignal(connecting, signal)
  } catch (error) {
    void connecting.then(
      (late) => late[Symbol.asyncDispose](),
      () => {},
    )
    throw error
  }
}

function tooSlow(): WatcherError {
  return new WatcherError('CONNECTION_LOST', 'The watcher did not say welcome.', {
    details: [`Waited ${connectTimeoutMs / 1000} s.`],
  })
}
