import { verify } from 'node:crypto'
import { isWatcherError, WatcherError } from '@perun-watcher/core'
import type { ReceiptBody, WireReceipt } from '../wire/messages.ts'
import { decodeReceiptBody } from '../wire/receipt-codec.ts'
import { publicKeyOf } from './keys.ts'
import { signedBytes } from './signed-bytes.ts'

/**
 * What a receipt says, once it is certain that the holder of this key signed it.
 *
 * @param publicKey of the watcher: 32 bytes, Ed25519.
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
