import { verify } from 'node:crypto'
import { isWatcherError, WatcherError } from '@perun-watcher/core'
import type { ReceiptBody, WireReceipt } from '../wire/messages.ts'
import { decodeReceiptBody } from '../wire/receipt-codec.ts'
import { publicKeyOf } from './keys.ts'
import { signedBytes } from './signed-bytes.ts'

/**
 * Checks the signature of a receipt and returns what it says.
 *
 * @param publicKey the watcher's Ed25519 key, 32 bytes.
 * @throws WatcherError `RECEIPT_INVALID`; `OPTION_INVALID` for the key.
 */
export function verifyReceipt({ body, signature }: WireReceipt, publicKey: Uint8Array): ReceiptBody {
  const key = publicKeyOf(publicKey)
  if (!verify(null, signedBytes(body), key, signature)) {
    throw new WatcherError('RECEIPT_INVALID', 'The receipt is not signed with the key of the watcher.')
  }
  try {
    return decodeReceiptBody(body)
  } catch (error) {
    const details = isWatcherError(error) ? [error.shortMessage, ...error.details] : []
    throw new WatcherError('RECEIPT_INVALID', 'The receipt is signed, but malformed.', { details, cause: error })
  }
}
