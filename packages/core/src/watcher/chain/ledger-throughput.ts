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

const isCount = (value: number | undefined): value is number =>
  value !== undefined && Number.isSafeInteger(value) && value >= 0

export function ledgerThroughput({ chain, logger }: LedgerThroughputDeps): LedgerThroughput {
  return {
    get current() {
      try {
        const { places, payable, secondsPerBlock } = chain.throughput?.() ?? {}
        if (!isCount(places) || (secondsPerBlock !== undefined && !(secondsPerBlock > 0))) return undefined
        return { places, payable: isCount(payable) ? payable : undefined, secondsPerBlock }
      } catch (error) {
        logger.debug('The chain backend does not say how much it takes', { error: toError(error).message })
        return undefined
      }
    },
  }
}
