import { toError } from '../../errors/watcher-error.ts'
import type { Registerer, Throughput } from '../../spi/chain.ts'
import type { Logger } from '../../spi/runtime.ts'

/** What the ledger takes of us at once, without what a backend says that cannot be. */
export interface LedgerThroughput {
  /** `undefined`: it does not say. Never throws. */
  readonly current: Throughput | undefined
}

export interface LedgerThroughputDeps {
  readonly chain: Pick<Registerer, 'throughput'>
  readonly logger: Logger
}

export function ledgerThroughput({ chain, logger }: LedgerThroughputDeps): LedgerThroughput {
  return {
    get current() {
      try {
        const { places, secondsPerBlock } = chain.throughput?.() ?? {}
        const isPossible = Number.isSafeInteger(places) && (secondsPerBlock === undefined || secondsPerBlock > 0)
        return isPossible && places !== undefined && places >= 0 ? { places, secondsPerBlock } : undefined
      } catch (error) {
        logger.debug('The chain backend does not say how much it takes', { error: toError(error).message })
        return undefined
      }
    },
  }
}
