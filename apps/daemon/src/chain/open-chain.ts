import type { Hex, Logger, RegistererSubscriber } from '@perun-watcher/core'

/** One adjudicator on one chain, and the account that pays for refutations. */
export interface ChainSettings {
  readonly rpcUrl: string
  readonly chainId: bigint
  readonly adjudicator: Hex
  readonly privateKey: Hex
  /** Milliseconds between two looks at the chain. Default: what suits the chain's blocks. */
  readonly pollIntervalMs?: number | undefined
  readonly logger?: Logger | undefined
}

/** A backend and whatever it stands on. */
export interface OpenedChain {
  /** Closed by the watcher that takes it over. */
  readonly backend: RegistererSubscriber
  /** Ends the client below it. Call it after the backend was closed. */
  close(): Promise<void>
}

export type OpenChain = (settings: ChainSettings) => Promise<OpenedChain>
