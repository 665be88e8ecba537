import { type ClientName, parseClientName, WatcherError } from '@perun-watcher/core'
import { type Endpoint, endpointText, isOnThisMachine } from '../settings/endpoint.ts'
import { type CurveKeys, type CurvePublicKey, parseCurveKeys, parseCurvePublicKey } from './curve-keys.ts'

/**
 * Without CURVE. `loopback` allows it for ipc and loopback addresses only. The other value is for operators who accept that
 * everybody on the network path can read and change messages and impersonate any client.
 */
export type Plaintext = 'loopback' | 'anybody-can-read-and-change-messages'

export type ServerSecurity =
  | {
      readonly curve: CurveKeys
      /** Whether a client may connect. Called at each handshake and each opening of a connection; must be fast. */
      readonly authorise: (publicKey: CurvePublicKey) => boolean
    }
  | { readonly plaintext: Plaintext }

export type ClientSecurity =
  /** `serverKey`: the public key of the watcher. */
  | { readonly serverKey: CurvePublicKey; readonly keys: CurveKeys }
  /** `client`: the client's name, which the watcher takes on trust. */
  | { readonly plaintext: Plaintext; readonly client: string }

/** @throws WatcherError `OPTION_INVALID` or `PLAINTEXT_REFUSED` */
export function checkServerSecurity(security: ServerSecurity, endpoints: readonly Endpoint[]): ServerSecurity {
  if ('curve' in security) return { ...security, curve: parseCurveKeys(security.curve) }
  for (const endpoint of endpoints) assertPlaintextAllowed(security.plaintext, endpoint)
  return security
}

/** @throws WatcherError `OPTION_INVALID` or `PLAINTEXT_REFUSED` */
export function checkClientSecurity(security: ClientSecurity, endpoint: Endpoint): ClientSecurity {
  if ('serverKey' in security) {
    return { serverKey: parseCurvePublicKey(security.serverKey), keys: parseCurveKeys(security.keys) }
  }
  assertPlaintextAllowed(security.plaintext, endpoint)
  plainNameOf(security.client)
  return security
}

/** The name by which a watcher knows a client that only claims who it is. */
export function plainNameOf(client: string): ClientName {
  return parseClientName(`plain:${client}`)
}

function assertPlaintextAllowed(plaintext: Plaintext, endpoint: Endpoint): void {
  if (plaintext === 'anybody-can-read-and-change-messages') return
  if (plaintext === 'loopback' && isOnThisMachine(endpoint)) return
  throw new WatcherError('PLAINTEXT_REFUSED', 'Messages without CURVE would leave this machine.', {
    details: [`Address ${endpointText(endpoint)}.`, `The words that allow it: 'anybody-can-read-and-change-messages'.`],
  })
}
