import { silentLogger } from '@perun-watcher/core/adapter'

/** What a backend fills in for its transaction manager where its user says nothing. */
export const managerOptions = {
  chainId: 1n,
  random: () => 0.5,
  logger: silentLogger,
  fees: { maxFeePerGasCap: 500_000_000_000n, minPriorityFeePerGas: 1_000_000_000n },
  maxGas: 2n ** 24n,
  maxPendingPerLane: 16,
  requestTimeoutMs: 10_000,
  pollIntervalMs: 4_000,
  onLowBalance: undefined,
} as const
