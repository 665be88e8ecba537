import type { Logger } from '../../spi/runtime.ts'
import type { LedgerThroughput } from '../chain/ledger-throughput.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import { checkFunds } from './start-rules.ts'

/** Admits ledger channels that nobody guards yet, as far as the accounts could pay for them. */
export interface FundedPlaces {
  /**
   * Runs what brings such a channel into the index. Its place is taken meanwhile: any number may come at once.
   *
   * @throws WatcherError `ACCOUNT_UNDERFUNDED`, or what the task throws: its place is free again then.
   */
  inPlace<T>(task: () => Promise<T>): Promise<T>
}

export interface FundedPlacesDeps {
  readonly index: Pick<ChannelIndex, 'ledgerWindows'>
  readonly ledgerThroughput: LedgerThroughput
  /** See `EngineOptions`. */
  readonly fundedPercent: number
  readonly logger: Logger
}

export function fundedPlaces({ index, ledgerThroughput, fundedPercent, logger }: FundedPlacesDeps): FundedPlaces {
  /** Channels on their way into the index. */
  let coming = 0

  function assertFunded(): void {
    const guarded = index.ledgerWindows.channels + coming
    const funds = { guarded, payable: ledgerThroughput.current?.payable, percent: fundedPercent }
    try {
      checkFunds(funds)
    } catch (error) {
      logger.warn('A new channel was refused, because the accounts cannot pay for one more; refill them', { ...funds })
      throw error
    }
  }

  return {
    async inPlace(task) {
      assertFunded()
      coming += 1
      try {
        return await task()
      } finally {
        coming -= 1
      }
    },
  }
}
