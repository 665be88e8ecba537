import { sign } from 'node:crypto'
import { type ClientName, parseState, type State, type StateHash, type StateInput } from '@perun-watcher/core'
import type { WireReceipt } from '../wire/messages.ts'
import { encodeReceiptBody } from '../wire/receipt-codec.ts'
import { privateKeyOf, publicBytesOf } from './keys.ts'
import { signedBytes } from './signed-bytes.ts'

/** The state that a watcher has just promised to defend, and to whom. */
export interface ReceiptSubject {
  readonly client: ClientName
  readonly state: StateInput
}

/** Signs the watcher's promises, so that clients can prove them. */
export interface ReceiptIssuer {
  /** Ed25519; 32 bytes. */
  readonly publicKey: Uint8Array
  issue(subject: ReceiptSubject): Promise<WireReceipt>
}

export interface Ed25519ReceiptOptions {
  /** 32 secret bytes. */
  readonly seed: Uint8Array
  readonly ledgerId: string
  /** The hash that participants sign, from the chain backend. */
  readonly stateHash: (state: State) => StateHash
  /** The wall-clock time in whole seconds since 1970. */
  readonly secondsSince1970: () => number
}

/** @throws WatcherError `OPTION_INVALID` */
export function ed25519ReceiptIssuer(options: Ed25519ReceiptOptions): ReceiptIssuer {
  const { ledgerId, stateHash, secondsSince1970 } = options
  const privateKey = privateKeyOf(options.seed)
  return {
    publicKey: publicBytesOf(privateKey),
    async issue({ client, state: input }) {
      const state = parseState(input)
      const { channelId, version } = state
      const issuedAt = BigInt(secondsSince1970())
      const body = encodeReceiptBody({ ledgerId, client, channelId, version, stateHash: stateHash(state), issuedAt })
      // Not in the thread pool: the round trip takes as long as the signature itself.
      return { body, signature: sign(null, signedBytes(body), privateKey) }
    },
  }
}
