import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { parseAddress } from '../../src/settings/address.ts'

/** Kinds of HTTP/2 frames (RFC 9113, 6). */
export const kind = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, continuation: 9 } as const

export const flag = { endStream: 1, ack: 1, endHeaders: 4 } as const

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** Headers as they stand in a frame (RFC 7541, 6.2.2): spelled out, never longer than 126 bytes. */
function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const text = (value: string): Buffer => Buffer.from(`${String.fromCharCode(value.length)}${value}`, 'latin1')
  const parts = Object.entries(headers).map(([name, value]) => Buffer.concat([Buffer.of(0), text(name), text(value)]))
  return Buffer.concat(parts)
}

/** The headers of a call, as far as gRPC insists on them. */
export function callOf(path: string, headers: Readonly<Record<string, string>> = {}): Buffer {
  return headerBlock({
    ':method': 'POST',
    ':scheme': 'http',
    ':authority': 'watcher',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  })
}

/** Speaks HTTP/2 without TLS, frame by frame; what comes back is dropped. Closed at the end of the test. */
export async function rawSession(address: string): Promise<Socket> {
  const socket = connect(parseAddress(address))
  socket.on('error', () => {})
  socket.resume()
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write(Buffer.concat([preface, frame(kind.settings, 0, 0)]))
  return socket
}
