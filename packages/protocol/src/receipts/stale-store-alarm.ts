import { type ChannelId, type ClientName, hasCode } from '@perun-watcher/core'
import type { ReceiptBody, WireReceipt } from '../wire/messages.ts'
import { verifyReceipt } from './verify.ts'

/** A promise of this watcher's own that its store knows nothing of. */
export interface StaleStoreAlarm {
  readonly client: ClientName
  readonly channelId: ChannelId
  readonly promisedVersion: bigint
  /** What the store held when the client came; `undefined`: it did not know the channel. */
  readonly heldVersion: bigint | undefined
  /** When it was promised, in seconds since 1970. */
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
 * Whether a receipt that a client brings shows that the store came back from an old backup. Only a receipt of this watcher,
 * for this client and channel, shows anything.
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
