import { type ChannelId, type ClientName, hasCode } from '@perun-watcher/core'
import type { ReceiptBody, WireReceipt } from '../wire/messages.ts'
import { verifyReceipt } from './verify.ts'

/** A receipt of this watcher that its store has no record of. */
export interface StaleStoreAlarm {
  readonly client: ClientName
  readonly channelId: ChannelId
  readonly promisedVersion: bigint
  /** The version in the store when the client arrived; `undefined`: it did not know the channel. */
  readonly heldVersion: bigint | undefined
  /** When the receipt was issued, in seconds since 1970. */
  readonly issuedAt: bigint
}

export interface StaleStoreEvidence {
  readonly client: ClientName
  readonly channelId: ChannelId
  readonly receipt: WireReceipt
  readonly heldVersion: bigint | undefined
  readonly ledgerId: string
  readonly publicKey: Uint8Array
}

/**
 * Whether a receipt that a client presents proves that the store was restored from an old backup. Only a receipt of this
 * watcher, for this client and channel, counts.
 */
export function staleStoreAlarm(evidence: StaleStoreEvidence): StaleStoreAlarm | undefined {
  const { client, channelId, heldVersion } = evidence
  const promised = promiseIn(evidence)
  if (promised === undefined || promised.client !== client || promised.channelId !== channelId) return undefined
  if (promised.ledgerId !== evidence.ledgerId) return undefined
  if (heldVersion !== undefined && heldVersion >= promised.version) return undefined
  return { client, channelId, promisedVersion: promised.version, heldVersion, issuedAt: promised.issuedAt }
}

function promiseIn({ receipt, publicKey }: StaleStoreEvidence): ReceiptBody | undefined {
  try {
    return verifyReceipt(receipt, publicKey)
  } catch (error) {
    if (hasCode(error, 'RECEIPT_INVALID')) return undefined
    throw error
  }
}
