import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'

export interface SocketServer extends AsyncDisposable {
  readonly url: string
  /** Connections that were opened so far. */
  readonly opened: number
  /** Methods of all requests, in order. */
  readonly asked: readonly string[]
  /** Connections that are open now neither answer any more nor end; new ones do as before. */
  freeze(): void
  /** Ends all connections. */
  drop(): void
  /** Tells a new head to everybody who has subscribed to heads. */
  announce(): void
  /** Methods that are refused; what is taken out is answered from then on. */
  readonly refused: Set<string>
}

/** A text as one frame of a server (RFC 6455). */
function frame(text: string): Buffer {
  const payload = Buffer.from(text)
  assert.ok(payload.length < 65_536)
  const head = payload.length < 126 ? [0x81, payload.length] : [0x81, 126, payload.length >> 8, payload.length & 255]
  return Buffer.concat([Buffer.from(head), payload])
}

/** The texts in what a client has sent, whose frames are masked; each comes whole, as requests are small. */
function* texts(data: Buffer): Generator<string> {
  for (let at = 0; at + 6 <= data.length; ) {
    const isText = (data[at] ?? 0) === 0x81
    const short = (data[at + 1] ?? 0) & 127
    const start = at + (short === 126 ? 4 : 2)
    const length = short === 126 ? data.readUInt16BE(at + 2) : short
    const mask = data.subarray(start, start + 4)
    const payload = data.subarray(start + 4, start + 4 + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0))
    if (isText) yield Buffer.from(payload).toString()
    at = start + 4 + length
  }
}

interface Request {
  readonly id: unknown
  readonly method: string
}

function isRequest(value: unknown): value is Request {
  return typeof value === 'object' && value !== null && 'id' in value && 'method' in value
}

interface Connection {
  readonly stream: Duplex
  isFrozen: boolean
  isSubscribed: boolean
}

const notOffered = { code: -32_601, message: 'the method is not available' }

/** A node over WebSockets that answers everything with `0x1` that it does not refuse. */
export async function startSocketServer(): Promise<SocketServer> {
  const connections: Connection[] = []
  const asked: string[] = []
  const refused = new Set<string>()
  const server = createServer()

  function answer(connection: Connection, text: string): void {
    const request: unknown = JSON.parse(text)
    assert.ok(isRequest(request))
    asked.push(request.method)
    const isRefused = refused.has(request.method)
    if (request.method === 'eth_subscribe' && !isRefused) connection.isSubscribed = true
    if (connection.isFrozen) return
    const outcome = isRefused ? { error: notOffered } : { result: '0x1' }
    connection.stream.write(frame(JSON.stringify({ jsonrpc: '2.0', id: request.id, ...outcome })))
  }

  server.on('upgrade', (request, stream) => {
    const key = `${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    const connection: Connection = { stream, isFrozen: false, isSubscribed: false }
    connections.push(connection)
    stream.on('error', () => undefined)
    stream.on('data', (data: Buffer) => {
      for (const text of texts(data)) answer(connection, text)
    })
    stream.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)

  const drop = (): void => {
    for (const { stream } of connections) stream.destroy()
  }
  return {
    url: `ws://127.0.0.1:${address.port}/v3/secret-key`,
    get opened() {
      return connections.length
    },
    asked,
    refused,
    freeze() {
      for (const connection of connections) connection.isFrozen = true
    },
    drop,
    announce() {
      const message = { jsonrpc: '2.0', method: 'eth_subscription', params: { subscription: '0x1', result: {} } }
      for (const { stream, isFrozen, isSubscribed } of connections) {
        if (isSubscribed && !isFrozen && !stream.destroyed) stream.write(frame(JSON.stringify(message)))
      }
    },
    async [Symbol.asyncDispose]() {
      drop()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
