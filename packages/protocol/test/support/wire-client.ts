import type { SignedState } from '@perun-watcher/core'
import type { TestChannel } from '@perun-watcher/core/testing'
import type { Connection } from '../../src/adapter.ts'
import type { WireReceipt } from '../../src/index.ts'
import {
  type ClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  type ReplyResult,
  type ServerMessage,
} from '../../src/internal.ts'

type Of<Type extends ServerMessage['type']> = Extract<ServerMessage, { readonly type: Type }>

/** The client's end of a connection, message by message. What it does not read stays where it is. */
export interface WireClient {
  readonly connection: Connection
  send(message: ClientMessage): Promise<void>
  hello(): Promise<Of<'welcome'>>
  /** The next message, whatever it is; `undefined` once the connection ended. */
  next(): Promise<ServerMessage | undefined>
  /** The next message of a kind; others before it are kept aside for later calls. */
  get<Type extends ServerMessage['type']>(type: Type): Promise<Of<Type>>
  /** The answer to a request. */
  answer(request: bigint): Promise<ReplyResult>
  start(state: SignedState, options?: StartOptions): Promise<ReplyResult>
  publish(state: SignedState, watch?: number): Promise<ReplyResult>
  stop(channel: TestChannel): Promise<ReplyResult>
}

export interface StartOptions {
  readonly watch?: number
  readonly parent?: TestChannel
  readonly receipt?: WireReceipt | undefined
}

export function wireClient(connection: Connection): WireClient {
  const aside: ServerMessage[] = []
  let requests = 0n

  async function next(): Promise<ServerMessage | undefined> {
    const bytes = await connection.receive()
    return bytes === undefined ? undefined : decodeServerMessage(bytes)
  }

  async function find<Found extends ServerMessage>(is: (message: ServerMessage) => message is Found): Promise<Found> {
    const index = aside.findIndex(is)
    const [kept] = index === -1 ? [] : aside.splice(index, 1)
    if (kept !== undefined && is(kept)) return kept
    for (;;) {
      const message = await next()
      if (message === undefined) throw new Error('the connection ended')
      if (is(message)) return message
      aside.push(message)
    }
  }

  const get = <Type extends ServerMessage['type']>(type: Type): Promise<Of<Type>> =>
    find((message): message is Of<Type> => message.type === type)

  async function answer(request: bigint): Promise<ReplyResult> {
    const reply = await find(
      (message): message is Of<'reply'> => message.type === 'reply' && message.request === request,
    )
    return reply.result
  }

  const send = (message: ClientMessage): Promise<void> => connection.send(encodeClientMessage(message))

  async function ask(message: (request: bigint) => ClientMessage): Promise<ReplyResult> {
    requests += 1n
    const request = requests
    await send(message(request))
    return answer(request)
  }

  return {
    connection,
    send,
    async hello() {
      await send({ type: 'hello', versions: [1], software: 'test', ledgerId: '' })
      return get('welcome')
    },
    async next() {
      return aside.shift() ?? next()
    },
    get,
    answer,
    start: (newest, { watch = 1, parent, receipt } = {}) =>
      ask((request) => ({ type: 'startWatching', request, watch, newest, parent: parent?.id, receipt })),
    publish: (transaction, watch = 1) => ask((request) => ({ type: 'publish', request, watch, transaction })),
    stop: ({ id: channelId }) => ask((request) => ({ type: 'stopWatching', request, channelId })),
  }
}
