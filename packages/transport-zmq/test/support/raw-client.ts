import { randomBytes } from 'node:crypto'
import type { Dealer } from 'zeromq'
import { clientSocket } from '../../src/client/client-socket.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../src/frames/frames.ts'
import { windowFor } from '../../src/frames/window.ts'
import { type CurveKeys, type CurvePublicKey, keyBytes } from '../../src/security/curve-keys.ts'
import { openProof } from '../../src/security/proof.ts'
import { parseConnectionLimits } from '../../src/settings/limits.ts'

/** A client that follows no rules, frame by frame. */
export interface RawClient extends Disposable {
  readonly socket: Dealer
  readonly routingId: Buffer
  send(frame: Frame): Promise<void>
  sendBytes(...frames: readonly Uint8Array[]): Promise<void>
  next(): Promise<Frame>
}

export interface RawOptions {
  readonly serverKey: CurvePublicKey
  readonly keys: CurveKeys
  readonly routingId?: Buffer
}

export function rawClient(endpoint: string, { serverKey, keys, routingId = randomBytes(16) }: RawOptions): RawClient {
  const socket = clientSocket(routingId, { serverKey, keys }, parseConnectionLimits(), false)
  socket.connect(endpoint)
  const sendBytes = async (...frames: readonly Uint8Array[]): Promise<void> => socket.send([...frames])
  return {
    socket,
    routingId,
    sendBytes,
    send: (frame) => sendBytes(encodeFrame(frame)),
    async next() {
      const [bytes = Buffer.alloc(0)] = await socket.receive()
      return decodeFrame(bytes)
    },
    [Symbol.dispose]: () => socket.close(),
  }
}

/** A correct opening frame of these keys for this connection. */
export function opening(keys: CurveKeys, serverKey: CurvePublicKey, routingId: Buffer): Frame & { kind: 'open' } {
  const credentials = Buffer.concat([keyBytes(keys.publicKey), openProof(keys, serverKey, routingId)])
  return { kind: 'open', version: 1, window: windowFor(2 ** 20), credentials }
}
