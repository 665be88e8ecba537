import { createHmac, createPrivateKey, createPublicKey, diffieHellman, randomBytes } from 'node:crypto'
import { Dealer, type SocketOptions } from 'zeromq'
import type { AttackWorld } from './attack.ts'

/** ZMQ_ROUTING_ID */
const routingIdOption = 5

class RawDealer extends Dealer {
  constructor(routingId: Buffer, options: SocketOptions<Dealer>) {
    super(options)
    this.setStringOption(routingIdOption, routingId)
  }
}

/** A ZeroMQ socket without our transport on top: any frames, in any order. */
export interface RawSocket extends Disposable {
  readonly routingId: Buffer
  /** @returns whether libzmq took it. */
  send(...frames: readonly Uint8Array[]): Promise<boolean>
}

export function rawDealer({ settings, keys }: AttackWorld, routingId = randomBytes(16)): RawSocket {
  const socket = new RawDealer(routingId, {
    linger: 0,
    sendTimeout: 500,
    curveServerKey: settings.watcherKey,
    curvePublicKey: keys.publicKey,
    curveSecretKey: keys.secretKey,
  })
  socket.connect(settings.endpoint)
  return {
    routingId,
    send: (...frames) =>
      socket.send(frames.map((frame) => Buffer.from(frame))).then(
        () => true,
        () => false,
      ),
    [Symbol.dispose]: () => socket.close(),
  }
}

/** The opening frame of our transport, written down from its description: kind, version, window, public key, proof. */
export function openFrame(keys: AttackWorld['keys'], watcherKey: string, routingId: Buffer): Buffer {
  const [server, client] = [z85Bytes(watcherKey), z85Bytes(keys.publicKey)]
  const privateKey = createPrivateKey({ key: der(secretPrefix, keys.secretKey), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey({ key: der(publicPrefix, watcherKey), format: 'der', type: 'spki' })
  const proof = createHmac('sha256', diffieHellman({ privateKey, publicKey }))
  for (const part of ['perun-watcher zmq open v1\n', server, client, routingId]) proof.update(part)
  return Buffer.concat([Buffer.from('010100200800', 'hex'), client, proof.digest()])
}

const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex')
const secretPrefix = Buffer.from('302e020100300506032b656e04220420', 'hex')

function der(prefix: Buffer, key: string): Buffer {
  return Buffer.concat([prefix, z85Bytes(key)])
}

const digits = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'

function z85Bytes(text: string): Buffer {
  const bytes = Buffer.alloc((text.length / 5) * 4)
  for (let group = 0; group * 5 < text.length; group++) {
    const word = [...text.slice(group * 5, group * 5 + 5)].reduce((sum, digit) => sum * 85 + digits.indexOf(digit), 0)
    bytes.writeUInt32BE(word, group * 4)
  }
  return bytes
}
