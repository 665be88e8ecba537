import { createHmac, diffieHellman, timingSafeEqual } from 'node:crypto'
import {
  type CurveKeys,
  type CurvePublicKey,
  type CurveSecretKey,
  keyBytes,
  x25519Public,
  x25519Secret,
} from './curve-keys.ts'

/** Length of ZeroMQ's routing id of a client: random, so that it names one connection and nobody else can guess it. */
export const routingIdBytes = 16

const label = Buffer.from('perun-watcher zmq open v1\n')

interface ProofParts {
  readonly own: CurveSecretKey
  readonly other: CurvePublicKey
  readonly server: CurvePublicKey
  readonly client: CurvePublicKey
  readonly routingId: Uint8Array
}

/**
 * Proves to the server that whoever opens a connection has the secret key of the client that it claims to be. libzmq checks
 * that in the handshake but does not tell who sent a message, so it is proved once more: with a MAC under the shared secret
 * of client and server, bound to this connection by its routing id. It travels inside the encrypted connection only.
 */
export function openProof(keys: CurveKeys, server: CurvePublicKey, routingId: Uint8Array): Uint8Array {
  return proofOf({ own: keys.secretKey, other: server, server, client: keys.publicKey, routingId })
}

/** Whether a proof was made with this client's secret key, for this server and this connection. */
export function isOpenProof(
  proof: Uint8Array,
  keys: CurveKeys,
  client: CurvePublicKey,
  routingId: Uint8Array,
): boolean {
  let expected: Uint8Array
  try {
    expected = proofOf({ own: keys.secretKey, other: client, server: keys.publicKey, client, routingId })
  } catch {
    // A point of low order is refused as a public key: there is no secret key for it.
    return false
  }
  return proof.length === expected.length && timingSafeEqual(proof, expected)
}

function proofOf({ own, other, server, client, routingId }: ProofParts): Uint8Array {
  const shared = diffieHellman({ privateKey: x25519Secret(own), publicKey: x25519Public(other) })
  return createHmac('sha256', shared)
    .update(label)
    .update(keyBytes(server))
    .update(keyBytes(client))
    .update(routingId)
    .digest()
}
