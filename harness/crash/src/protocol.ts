import type { Hex } from '@perun-watcher/core'
import type { StoreChange } from '@perun-watcher/core/adapter'
import type { SignedState } from '@perun-watcher/devnet'

/*
 * What the two processes say to each other. The child knows nothing of kills that come from outside; the parent knows
 * nothing of the watcher but what the child acknowledges.
 */

/** Doubles of the store, each of which breaks a promise; `lmdb` is the real one. */
export const storeKinds = ['lmdb', 'memory', 'hasty', 'shallow', 'blank', 'forgetful'] as const
export type StoreKind = (typeof storeKinds)[number]

/** Every kind of write is named here, or this does not compile; and whether it comes where all channels have one client. */
const changeTypes: Readonly<Record<StoreChange['type'], boolean>> = {
  createChannel: true,
  putLinks: true,
  createLine: false,
  putLineClients: false,
  removeLine: false,
  putNewest: true,
  putKept: true,
  putOlder: true,
  dropKept: true,
  putRecord: true,
  removeChannel: true,
  putMailbox: true,
  putCursor: true,
}

const comingTypes = Object.entries(changeTypes).flatMap(([type, comes]) => (comes ? [type] : []))

/** What can be interrupted: every write of the store, every transaction that is sent, every receipt that is read. */
const operations: readonly string[] = [...comingTypes, 'putAttempt', 'forgetAttempts', 'send', 'receipt']

/** `before` it begins; `during`, when it was handed on and nothing was answered; `after`, when only the caller does not know. */
export const moments = ['before', 'during', 'after'] as const
export type Moment = (typeof moments)[number]

export function failpointName(operation: string, moment: Moment): string {
  return `${operation}:${moment}`
}

/** All places at which a child can be told to kill itself. */
export const failpoints: readonly string[] = operations.flatMap((operation) =>
  moments.map((moment) => failpointName(operation, moment)),
)

export interface Failpoint {
  readonly name: string
  /** The process dies when it comes there for the so-manieth time. */
  readonly hit: number
}

/** How a child is to run; the first that it is told. */
export interface ChildSettings {
  readonly storePath: string
  readonly store: StoreKind
  readonly rpcUrl: string
  readonly chainId: number
  readonly adjudicator: Hex
  /** Of the accounts that pay, one nonce lane each. */
  readonly keys: readonly Hex[]
  readonly finalityDepth: number
  readonly pollIntervalMs: number
  readonly failpoint: Failpoint | undefined
}

export type Command =
  /** Publishes a state, or starts the watch with it where this process has none. */
  | { readonly type: 'guard'; readonly signed: SignedState; readonly parent: Hex | undefined }
  | { readonly type: 'stop'; readonly id: Hex }
  /** What the store holds of these channels. */
  | { readonly type: 'held'; readonly ids: readonly Hex[] }
  /** The transactions that the journal holds. */
  | { readonly type: 'journal' }
  /** Reads the whole store and counts what is damaged. */
  | { readonly type: 'verify' }
  | { readonly type: 'shutdown' }

export interface Held {
  readonly id: Hex
  /** `undefined`: the store does not know the channel. */
  readonly newest: { readonly version: bigint; readonly hash: Hex } | undefined
  /** Hashes of what is kept besides the newest state. */
  readonly history: readonly Hex[]
}

export interface Journaled {
  readonly lane: string
  readonly sequence: bigint
}

/** What was asked for: nothing where a command only had to be done. */
export interface Answer {
  readonly held?: readonly Held[]
  readonly journal?: readonly Journaled[]
  readonly damaged?: number
}
