import { type AbortOptions, WatcherError } from '@perun-watcher/core'
import type { Connection } from '../../transport/connection.ts'
import { encodeClientMessage } from '../../wire/client-codec.ts'
import type { ServerMessage } from '../../wire/messages.ts'
import { decodeServerMessage } from '../../wire/server-codec.ts'

export type Welcome = Extract<ServerMessage, { readonly type: 'welcome' }>

export interface Greeting {
  readonly software: string
  /** The ledger that the watcher must guard; `undefined`: any. */
  readonly ledgerId: string | undefined
}

/** The version of the protocol that this client speaks. */
const version = 1

/**
 * Sends the Hello and waits for the Welcome.
 *
 * @throws WatcherError `PROTOCOL_VERSION`, `PROTOCOL_VIOLATION`, `CHAIN_MISMATCH`, or the error of the watcher or the transport.
 */
export async function sayHello(
  connection: Connection,
  { software, ledgerId = '' }: Greeting,
  options: AbortOptions,
): Promise<Welcome> {
  await connection.send(encodeClientMessage({ type: 'hello', versions: [version], software, ledgerId }), options)
  const bytes = await connection.receive(options)
  if (bytes === undefined) throw new WatcherError('CONNECTION_LOST', 'The watcher ended the connection without a word.')
  return welcomeOf(decodeServerMessage(bytes), ledgerId)
}

function welcomeOf(message: ServerMessage, ledgerId: string): Welcome {
  if (message.type === 'goodbye') throw message.error
  if (message.type !== 'welcome') {
    throw new WatcherError('PROTOCOL_VIOLATION', 'The watcher did not answer with a welcome.', {
      details: [`It sent ${message.type}.`],
    })
  }
  if (message.version !== version) {
    throw new WatcherError('PROTOCOL_VERSION', 'The watcher chose a version of the protocol that was not offered.', {
      details: [`It chose ${message.version}; offered was ${version}.`],
    })
  }
  if (ledgerId !== '' && message.ledgerId !== ledgerId) {
    throw new WatcherError('CHAIN_MISMATCH', 'The watcher guards another ledger.', {
      details: [`It has ${message.ledgerId}; expected is ${ledgerId}.`],
    })
  }
  return message
}
