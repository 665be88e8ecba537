/**
 * For the other packages of perun-watcher only: the messages of the wire as values. Anything here may change or go in any
 * release, without notice; clients in other languages rely on docs/wire.md and the schema instead.
 *
 * @packageDocumentation
 */
export {
  file_perun_watcher_v1_service as serviceFile,
  Watcher as watcherService,
} from './generated/perun/watcher/v1/service_pb.js'
export { decodeClientMessage, encodeClientMessage } from './wire/client-codec.ts'
export type { DecodeOptions } from './wire/decode.ts'
export type { ClientMessage, MalformedRequest, ReplyResult, ServerMessage } from './wire/messages.ts'
export { decodeReceiptBody, encodeReceiptBody } from './wire/receipt-codec.ts'
export { decodeServerMessage, encodeServerMessage } from './wire/server-codec.ts'
