import { systemClock as clock } from '@perun-watcher/core/system'
import type { Connection } from '@perun-watcher/protocol/adapter'
import { type ClientMessage, encodeClientMessage } from '@perun-watcher/protocol/internal'
import { parseCurveKeys, parseCurvePublicKey, zmqConnector } from '@perun-watcher/transport-zmq'
import { type AttackWorld, tried } from './attack.ts'

/** A connection on which anything may be said. */
export interface Speaker {
  /** @returns whether the transport took it. */
  say(message: ClientMessage | Uint8Array): Promise<boolean>
}

interface Manners {
  readonly saysHello?: boolean
  readonly reads?: boolean
}

/** Connects as a client that may, speaks, and hangs up. */
export async function speak(
  { settings, keys }: AttackWorld,
  { saysHello = true, reads = true }: Manners,
  talk: (speaker: Speaker) => Promise<void>,
): Promise<void> {
  const connection = await connected(settings.endpoint, settings.watcherKey, keys)
  if (connection === undefined) return
  const reading = reads ? drain(connection) : undefined
  const say: Speaker['say'] = (message) =>
    tried((signal) =>
      connection.send(message instanceof Uint8Array ? message : encodeClientMessage(message), { signal }),
    )
  if (saysHello) await say({ type: 'hello', versions: [1], software: 'mallory', ledgerId: '' })
  await talk({ say })
  await connection[Symbol.asyncDispose]()
  await reading
}

async function drain(connection: Connection): Promise<void> {
  while ((await connection.receive().catch(() => undefined)) !== undefined);
}

/** `undefined` if she is not let in, which happens to those who come too often. */
export async function connected(
  endpoint: string,
  watcherKey: string,
  keys: AttackWorld['keys'],
): Promise<Connection | undefined> {
  let connection: Connection | undefined
  await tried(async (signal) => {
    const security = { serverKey: parseCurvePublicKey(watcherKey), keys: parseCurveKeys(keys) }
    connection = await zmqConnector({ endpoint, security, clock })({ signal })
  })
  return connection
}
