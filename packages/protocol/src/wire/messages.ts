import type {
  AdjudicatorEvent,
  ChannelId,
  Hex,
  SignedStateInput,
  StateHash,
  TransactionInput,
  WatcherError,
} from '@perun-watcher/core'

/** A receipt as it travels: its body stays bytes, because exactly these bytes are signed. */
export interface WireReceipt {
  readonly body: Uint8Array
  /** Ed25519; 64 bytes. */
  readonly signature: Uint8Array
}

/** What a receipt says. */
export interface ReceiptBody {
  readonly ledgerId: string
  readonly client: string
  readonly channelId: ChannelId
  readonly version: bigint
  readonly stateHash: StateHash
  /** Seconds since 1970 by the watcher's clock. */
  readonly issuedAt: bigint
}

/** What a client sends; see proto/perun/watcher/v1/watcher.proto for the meaning of each field. */
export type ClientMessage =
  | {
      readonly type: 'hello'
      readonly versions: readonly number[]
      readonly software: string
      readonly ledgerId: string
    }
  | {
      readonly type: 'startWatching'
      readonly request: bigint
      readonly watch: number
      /** Decoded but not validated: the engine parses it. */
      readonly newest: SignedStateInput
      readonly parent: Hex | undefined
      readonly receipt: WireReceipt | undefined
    }
  | {
      readonly type: 'publish'
      readonly request: bigint
      readonly watch: number
      /** Decoded but not validated: the engine parses it. */
      readonly transaction: TransactionInput
    }
  | { readonly type: 'stopWatching'; readonly request: bigint; readonly channelId: ChannelId }
  | {
      readonly type: 'listChannels'
      readonly request: bigint
      /** `undefined`: from the first. */
      readonly after: ChannelId | undefined
      readonly limit: number
    }
  | { readonly type: 'acknowledge'; readonly watch: number; readonly sequence: bigint }
  | { readonly type: 'ping'; readonly number: bigint }

/** A request with malformed content but a readable number: it alone fails, not the connection. */
export interface MalformedRequest {
  readonly type: 'malformed'
  readonly request: bigint
  /** `STATE_MALFORMED` or `PROTOCOL_VIOLATION`, naming the field. */
  readonly error: WatcherError
}

/** A channel that is guarded for the client who asked. */
export interface GuardedChannel {
  readonly id: ChannelId
  /** Of the newest state that the watcher holds for the client. */
  readonly version: bigint
  /** `undefined`: a ledger channel. */
  readonly parent: ChannelId | undefined
}

/** The answer to a request. */
export type ReplyResult =
  | { readonly type: 'started'; readonly version: bigint; readonly receipt: WireReceipt | undefined }
  | { readonly type: 'published'; readonly version: bigint; readonly receipt: WireReceipt | undefined }
  | { readonly type: 'stopped' }
  | { readonly type: 'channels'; readonly channels: readonly GuardedChannel[]; readonly more: boolean }
  | { readonly type: 'failed'; readonly error: WatcherError }

/** What the watcher sends. */
export type ServerMessage =
  | {
      readonly type: 'welcome'
      readonly version: number
      readonly software: string
      readonly ledgerId: string
      readonly maxMessageBytes: number
      readonly maxRequests: number
      readonly idleTimeoutSeconds: number
      /** 32 bytes; `undefined`: the watcher issues no receipts. */
      readonly receiptKey: Uint8Array | undefined
    }
  | { readonly type: 'reply'; readonly request: bigint; readonly result: ReplyResult }
  | {
      readonly type: 'event'
      readonly watch: number
      readonly sequence: bigint
      /** Of the adjudicator that the event is about. */
      readonly ledgerId: string
      readonly event: AdjudicatorEvent
    }
  | { readonly type: 'watchEnded'; readonly watch: number; readonly error: WatcherError | undefined }
  | { readonly type: 'pong'; readonly number: bigint }
  | { readonly type: 'goodbye'; readonly error: WatcherError }
