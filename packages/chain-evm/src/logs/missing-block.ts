import { WatcherError } from '@perun-watcher/core'

/**
 * The endpoint does not know a block that it, or another node behind the same address, named a moment ago: a reorg took
 * it out, or that node lags. Reading again from the head cures it.
 */
export class MissingBlock extends WatcherError {
  constructor(which: string, cause?: unknown) {
    super('CHAIN_UNREACHABLE', `The RPC endpoint does not know block ${which}.`, { cause })
  }
}
