import { type ClientName, WatcherError } from '@perun-watcher/core'
import { clientNameOf, publicKeyOf } from '../security/curve-keys.ts'
import { isOpenProof, routingIdBytes } from '../security/proof.ts'
import { plainNameOf, type ServerSecurity } from '../security/security.ts'

const keyLength = 32
const proofLength = 32

/**
 * Authenticates the client that opens a connection.
 *
 * @param credentials of the `open` frame: public key and proof, or the name if there is no CURVE.
 * @throws WatcherError `PROTOCOL_VIOLATION`, `CONNECTION_REFUSED`, or `OPTION_INVALID` for an invalid name.
 */
export function identify(security: ServerSecurity, credentials: Uint8Array, routingId: Uint8Array): ClientName {
  if (routingId.length !== routingIdBytes) {
    throw new WatcherError('PROTOCOL_VIOLATION', `The routing id must be ${routingIdBytes} random bytes.`)
  }
  if ('plaintext' in security) return plainNameOf(Buffer.from(credentials).toString())
  if (credentials.length !== keyLength + proofLength) {
    throw new WatcherError('PROTOCOL_VIOLATION', 'The opening frame must have a public key and a proof.')
  }
  const publicKey = publicKeyOf(credentials.subarray(0, keyLength))
  if (!isOpenProof(credentials.subarray(keyLength), security.curve, publicKey, routingId)) {
    throw new WatcherError('CONNECTION_REFUSED', 'The proof does not belong to the public key.')
  }
  // The handshake may have used another key.
  if (!security.authorise(publicKey)) {
    throw new WatcherError('CONNECTION_REFUSED', 'The public key is not authorised.')
  }
  return clientNameOf(publicKey)
}
