import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Exchange, type Middleware, type Responder, refusal } from '@perun-watcher/nodes/faults'
import { type WebSocket, WebSocketServer } from 'ws'
import type { BlockWatch } from './block-watch.ts'
import { behind } from './compose.ts'
import { type Question, questionOf, type Reply, replyOf } from './replies.ts'

/** A JSON-RPC endpoint over HTTP and WebSocket that gets things wrong. */
export interface RpcProxy extends AsyncDisposable {
  readonly httpUrl: string
  readonly wsUrl: string
  /** How often each method was asked for. */
  readonly requests: ReadonlyMap<string, number>
  /** Breaks every open connection. */
  cut(): void
  /** From now on the open connections carry nothing, and neither end learns of it. New ones do. */
  stall(): void
}

export interface RpcProxyOptions {
  readonly node: Responder
  readonly blocks: Pick<BlockWatch, 'onHead'>
  /** In front of the node, the first one outermost. */
  readonly faults?: readonly Middleware[]
  /** Most requests of one message; more are refused. */
  readonly mostInBatch?: number
}

export async function startRpcProxy(options: RpcProxyOptions): Promise<RpcProxy> {
  const { node, blocks, faults = [], mostInBatch = 100 } = options
  const requests = new Map<string, number>()
  const sockets = new Set<Socket>()
  const stalled = new WeakSet<Socket>()
  const respond = behind(faults, node)

  async function reply(exchange: Exchange, id: unknown): Promise<Reply> {
    requests.set(exchange.method, (requests.get(exchange.method) ?? 0) + 1)
    return replyOf(id, await respond(exchange))
  }

  /** One reply for a message: what is wrong with one of its requests is wrong with all. */
  async function replyTo({ isBatch, asked }: Question): Promise<Reply> {
    if (isBatch && asked.length > mostInBatch) {
      return replyOf(null, refusal(-32_600, `Batch of more than ${mostInBatch} requests are not allowed`))
    }
    const replies = await Promise.all(asked.map(({ id, ...exchange }) => reply(exchange, id)))
    const [only] = replies
    if (!isBatch && only !== undefined) return only
    const messages = replies.flatMap((each) => (each.type === 'message' ? [each.message] : []))
    const other = replies.find((each) => each.type !== 'message')
    return other ?? { type: 'message', message: messages }
  }

  async function overHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const question = questionOf(await text(request))
    if (question === undefined) return void response.writeHead(400).end()
    write(response, await replyTo(question), stalled.has(request.socket))
  }

  async function overSocket(socket: WebSocket, connection: Socket, message: string): Promise<void> {
    const question = questionOf(message)
    if (question === undefined || stalled.has(connection)) return
    const [asked] = question.asked
    if (!question.isBatch && asked?.method === 'eth_subscribe') return subscribe(socket, connection, asked)
    send(socket, connection, await replyTo(question))
  }

  function subscribe(socket: WebSocket, connection: Socket, { id, params }: Question['asked'][number]): void {
    if (params[0] !== 'newHeads') {
      send(socket, connection, replyOf(id, refusal(-32_602, 'no such subscription')))
      return
    }
    const subscription = `0x${Math.floor(performance.now()).toString(16)}`
    const heads = blocks.onHead((header) => {
      const message = { jsonrpc: '2.0', method: 'eth_subscription', params: { subscription, result: header } }
      send(socket, connection, { type: 'message', message })
    })
    socket.once('close', () => heads[Symbol.dispose]())
    send(socket, connection, { type: 'message', message: { jsonrpc: '2.0', id, result: subscription } })
  }

  /** A page has no place on a socket: whoever sends one there ends it. */
  function send(socket: WebSocket, connection: Socket, what: Reply): void {
    if (stalled.has(connection) || what.type === 'silence') return
    if (what.type === 'message') socket.send(JSON.stringify(what.message))
    else socket.terminate()
  }

  const server = createServer((request, response) => {
    overHttp(request, response).catch(() => response.destroy())
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    // Broken connections are what it is there for.
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  })
  new WebSocketServer({ server, autoPong: false }).on('connection', (socket, { socket: connection }) => {
    socket.on('error', () => {})
    socket.on('ping', (data) => {
      if (!stalled.has(connection)) socket.pong(data)
    })
    socket.on('message', (data) => {
      overSocket(socket, connection, String(data)).catch(() => socket.terminate())
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`

  return {
    httpUrl: `http://${host}`,
    wsUrl: `ws://${host}`,
    requests,
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    stall() {
      for (const socket of sockets) stalled.add(socket)
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function write(response: ServerResponse, what: Reply, isStalled: boolean): void {
  if (isStalled || what.type === 'silence') return
  if (what.type === 'cut') response.destroy()
  else if (what.type === 'page') response.writeHead(what.status).end(what.text)
  else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(what.message))
}
