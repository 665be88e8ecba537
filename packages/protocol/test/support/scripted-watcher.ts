import { parseClientName, type WatcherError } from '@perun-watcher/core'
import type { Connection, Connector } from '../../src/adapter.ts'
import { memoryTransport, type RemoteWatcher, type RemoteWatcherOptions, remoteWatcher } from '../../src/index.ts'
import {
  type ClientMessage,
  decodeClientMessage,
  encodeServerMessage,
  type MalformedRequest,
  type ReplyResult,
  type ServerMessage,
} from '../../src/internal.ts'
import { type ManualClock, manualClock, settle } from './manual-clock.ts'

type Received = ClientMessage | MalformedRequest
type OfType<T extends Received['type']> = Extract<Received, { readonly type: T }>
type Welcome = Extract<ServerMessage, { readonly type: 'welcome' }>

/** The watcher's end of a connection, in the hands of the test. */
export interface Peer {
  readonly connection: Connection
  /** The next message, which has to be of this type. */
  expect<T extends Received['type']>(type: T): Promise<OfType<T>>
  /** What came and was not expected yet. */
  rest(): Promise<readonly Received[]>
  send(message: ServerMessage): Promise<void>
  reply(request: bigint, result: ReplyResult): Promise<void>
}

export interface Script extends AsyncDisposable {
  readonly clock: ManualClock
  readonly watcher: RemoteWatcher
  readonly cut: () => void
  /** From here on attempts to connect fail with this error; `undefined`: they succeed again. */
  readonly refuse: (error: WatcherError | undefined) => void
  /** The next connection, before the client says anything. */
  accept(): Promise<Peer>
  /** The next connection, after the welcome. */
  greet(welcome?: Partial<Welcome>): Promise<Peer>
}

export const welcome: Welcome = {
  type: 'welcome',
  version: 1,
  software: 'test',
  ledgerId: 'test:1',
  maxMessageBytes: 262_144,
  maxRequests: 64,
  idleTimeoutSeconds: 90,
  receiptKey: undefined,
}

function peerOf(connection: Connection): Peer {
  const inbox: Received[] = []
  async function collect(): Promise<void> {
    for (let bytes = await connection.receive(); bytes !== undefined; bytes = await connection.receive()) {
      inbox.push(decodeClientMessage(bytes))
    }
  }
  collect().catch(() => {})
  return {
    connection,
    async expect(type) {
      await settle()
      const message = inbox.shift()
      if (message === undefined || !isOfType(message, type)) {
        throw new Error(`expected ${type}, got ${message?.type ?? 'nothing'}`)
      }
      return message
    },
    async rest() {
      await settle()
      return inbox.splice(0)
    },
    send: (message) => connection.send(encodeServerMessage(message)),
    reply: (request, result) => connection.send(encodeServerMessage({ type: 'reply', request, result })),
  }
}

function isOfType<T extends Received['type']>(message: Received, type: T): message is OfType<T> {
  return message.type === type
}

/** A client, and the other end of each of its connections. */
export function script(options: Partial<RemoteWatcherOptions> = {}): Script {
  const clock = manualClock()
  const transport = memoryTransport()
  const connections = transport.accepted[Symbol.asyncIterator]()
  let refusal: WatcherError | undefined
  const connect: Connector = async (connectOptions) => {
    if (refusal !== undefined) throw refusal
    return await transport.connect(parseClientName('device'))(connectOptions)
  }
  const watcher = remoteWatcher({ connect, clock, random: () => 0, ...options })

  async function accept(): Promise<Peer> {
    const next = await connections.next()
    if (next.done) throw new Error('the transport was closed')
    return peerOf(next.value.connection)
  }

  return {
    clock,
    watcher,
    cut: () => transport.cut(),
    refuse(error) {
      refusal = error
    },
    accept,
    async greet(changes = {}) {
      const peer = await accept()
      await peer.expect('hello')
      await peer.send({ ...welcome, ...changes })
      await settle()
      return peer
    },
    async [Symbol.asyncDispose]() {
      await watcher.shutdown({ signal: AbortSignal.abort() }).catch(() => {})
    },
  }
}
