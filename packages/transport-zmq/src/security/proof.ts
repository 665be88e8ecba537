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
 * Shows the server that the one who opens a connection has the secret key of the client that he says he is. libzmq knows
 * it from the handshake but does not tell who sent a message, so it is shown once more: with a secret that only these two
 * can compute, bound to this connection by its routing id. It travels inside the encrypted connection to the server only.
 */
export function openProof(keys: CurveKeys, server: CurvePublicKey, routingId: Uint8Array): Uint8Array {
  return proofOf({ own: keys.secretKey, other: server, server, client: keys.publicKey, routingId })
}

/** Whether a proof was made by the client of this public key for this server and this connection. */
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
    // A public key with which no secret can be shared: a point of low order, that nobody has the secret key of.
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
