import { silentLogger, spendingBook } from '@perun-watcher/core/adapter'
import { systemClock } from '@perun-watcher/core/system'

/** What a backend fills in for its transaction manager where its user says nothing. */
export const managerOptions = {
  chainId: 1n,
  /** Each time a new one, which knows of nothing. */
  get spending() {
    return spendingBook({ clock: systemClock, logger: silentLogger })
  },
  random: () => 0.5,
  logger: silentLogger,
  fees: { maxFeePerGasCap: 500_000_000_000n, minPriorityFeePerGas: 1_000_000_000n },
  takesDataFee: false,
  maxGas: 2n ** 24n,
  maxPendingPerLane: 16,
  requestTimeoutMs: 10_000,
  pollIntervalMs: 4_000,
  onLowBalance: undefined,
} as const
