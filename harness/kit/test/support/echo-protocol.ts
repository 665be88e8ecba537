import type { ErrorCode } from '@perun-watcher/core'

export interface EchoSettings {
  readonly greeting: string
  /** It cannot start, for this reason. */
  readonly failure?: string
}

export type EchoCommand =
  | { readonly type: 'add'; readonly numbers: readonly bigint[] }
  | { readonly type: 'refuse'; readonly code?: ErrorCode }
  | { readonly type: 'hang' }
  | { readonly type: 'leave' }

export interface EchoAnswer {
  readonly sum: bigint
}
