import type { HonestClient } from './honest-client.ts'

/** Longer than any of them waits for an acknowledgement, also on the slowest machine under attack. */
const patienceMs = 120_000

/** How honest clients are served while others attack. */
export interface ServiceMonitor {
  /** States that were acknowledged since the beginning. */
  readonly total: bigint
  /** Those of the client that got the fewest. */
  readonly least: bigint
  /** Sentences about those who cannot go on. */
  complaints(): readonly string[]
}

export function serviceMonitor(clients: readonly HonestClient[]): ServiceMonitor {
  const start = clients.map(({ acknowledged }) => acknowledged)
  const last = clients.map(({ acknowledged }) => ({ acknowledged, since: performance.now() }))
  const gains = (): readonly bigint[] => clients.map(({ acknowledged }, index) => acknowledged - (start[index] ?? 0n))
  return {
    get total() {
      return gains().reduce((sum, gain) => sum + gain, 0n)
    },
    get least() {
      return gains().reduce((least, gain) => (gain < least ? gain : least))
    },
    complaints() {
      return clients.flatMap(({ acknowledged, failure }, index) => {
        if (failure !== undefined) return [`an honest client was refused: ${failure}`]
        const seen = last[index]
        if (seen === undefined || seen.acknowledged !== acknowledged) {
          last[index] = { acknowledged, since: performance.now() }
          return []
        }
        const isStuck = performance.now() - seen.since > patienceMs
        return isStuck ? [`an honest client waits for version ${acknowledged + 1n} for ${patienceMs / 1000} s`] : []
      })
    },
  }
}
