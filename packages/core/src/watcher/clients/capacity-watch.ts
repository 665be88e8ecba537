import { capacityFor } from '../../dispute/capacity.ts'
import { assertNever } from '../../errors/watcher-error.ts'
import type { Capacity } from '../../spi/engine.ts'
import type { Logger } from '../../spi/runtime.ts'
import type { ChainClock } from '../chain/chain-clock.ts'
import type { LedgerThroughput } from '../chain/ledger-throughput.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'

/** Compares what is guarded with what could be answered at once, and tells before it is too much. */
export interface CapacityWatch {
  /** `undefined`: nothing is guarded, or the ledger does not say how much it takes. */
  readonly current: Capacity | undefined
  /** Channels came, or the ledger may take more or less than before. Never throws. */
  look(): void
}

export interface CapacityWatchDeps {
  readonly ledgerThroughput: LedgerThroughput
  readonly index: Pick<ChannelIndex, 'ledgerWindows'>
  readonly chainClock: Pick<ChainClock, 'secondsPerBlock'>
  readonly logger: Logger
}

type Level = 'ample' | 'scarce' | 'exceeded'

const nothingGuarded: Capacity = { windowSeconds: 0, channels: 0, answerable: 1, limitedBy: 'places' }

/** From this part on it is scarce; below the second one it is ample again. */
const scarce = { from: 0.8, until: 0.7 } as const

export function capacityWatch({ ledgerThroughput, index, chainClock, logger }: CapacityWatchDeps): CapacityWatch {
  let level: Level = 'ample'

  function capacity(): Capacity | undefined {
    const taken = ledgerThroughput.current
    return taken && capacityFor(index.ledgerWindows, taken, Number(chainClock.secondsPerBlock))
  }

  function levelOf({ channels, answerable }: Capacity): Level {
    if (channels > answerable) return 'exceeded'
    const part = channels / answerable
    return part >= scarce.from || (part >= scarce.until && level !== 'ample') ? 'scarce' : 'ample'
  }

  function tell(before: Level, { limitedBy, ...fields }: Capacity): void {
    const remedy = limitedBy === 'funds' ? 'refill the accounts' : 'use more accounts'
    switch (level) {
      case 'ample':
        logger.info('What is guarded can be answered at once again, with room to spare', fields)
        break
      case 'scarce':
        if (before === 'exceeded') logger.info('What is guarded could just be answered at once again', fields)
        else logger.warn(`Room runs out to answer what is guarded at once; ${remedy}`, fields)
        break
      case 'exceeded':
        logger.warn(`What is guarded could not all be answered at once; ${remedy}`, fields)
        break
      default:
        assertNever(level)
    }
  }

  return {
    get current() {
      return capacity()
    },
    look() {
      const found = capacity() ?? nothingGuarded
      const before = level
      level = levelOf(found)
      if (level !== before) tell(before, found)
    },
  }
}
