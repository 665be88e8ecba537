import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { parseChannelId, parseStateHash } from '@perun-watcher/core'
import { type Receipt, ReceiptBodySchema, type ReceiptSchema } from '../generated/perun/watcher/v1/watcher_pb.js'
import { decodeBounded } from './decode.ts'
import { bytesOf, keptBytesOf } from './fields.ts'
import type { Received } from './message-reader.ts'
import type { ReceiptBody, WireReceipt } from './messages.ts'
import { violation } from './violation.ts'
import { wireLimits } from './wire-limits.ts'

/** @throws WatcherError `PROTOCOL_VIOLATION` */
export function readReceipt(receipt: Received<Receipt> | undefined): WireReceipt | undefined {
  if (receipt === undefined) return undefined
  const body = keptBytesOf(receipt.body, 'receipt.body')
  const signature = keptBytesOf(receipt.signature, 'receipt.signature')
  if (body.length > wireLimits.receiptBody) {
    throw violation(`receipt.body must be at most ${wireLimits.receiptBody} bytes long`)
  }
  if (signature.length !== wireLimits.signature) {
    throw violation(`receipt.signature must be ${wireLimits.signature} bytes long`)
  }
  return { body, signature }
}

export const writeReceipt = ({ body, signature }: WireReceipt): MessageInitShape<typeof ReceiptSchema> => ({
  body,
  signature,
})

/** The bytes that are signed. */
export function encodeReceiptBody(body: ReceiptBody): Uint8Array {
  return toBinary(
    ReceiptBodySchema,
    create(ReceiptBodySchema, {
      ...body,
      channelId: bytesOf(body.channelId, 'receipt.channelId'),
      stateHash: bytesOf(body.stateHash, 'receipt.stateHash'),
    }),
  )
}

/**
 * The content of a receipt. Does not check the signature.
 *
 * @throws WatcherError `PROTOCOL_VIOLATION`, or `STATE_MALFORMED` for its ids.
 */
export function decodeReceiptBody(bytes: Uint8Array): ReceiptBody {
  const { ledgerId, client, channelId, version, stateHash, issuedAt } = decodeBounded(
    ReceiptBodySchema,
    bytes,
    wireLimits.receiptBody,
  )
  return {
    ledgerId,
    client,
    channelId: parseChannelId(channelId, 'receipt.channelId'),
    version,
    stateHash: parseStateHash(stateHash, 'receipt.stateHash'),
    issuedAt,
  }
}
