import type { Logger } from '@perun-watcher/core'
import type { RpcFailure } from '../rpc-failure.ts'
import type { EndpointMemory } from './endpoint-memory.ts'

interface Reported {
  readonly name: string
  readonly memory: EndpointMemory
}

export interface FailedWork {
  readonly endpoint: string
  /** See `workOf`. */
  readonly work: string
  readonly failure: RpcFailure
  /** In a row. */
  readonly times: number
}

/** Tells the operator once when an endpoint fails or falls behind, and once when it is well again. */
export interface HealthReport {
  /** After a look at all heads: tells what has changed. */
  looked(): void
  /** Tells once that an endpoint lacks a kind of request, or keeps failing at it. */
  failed(failed: FailedWork): void
}

/** A kind of request that has failed so often is a gap, whatever the endpoint says. */
const timesUntilGap = 5

/** Gaps that are remembered as told; more than endpoints and methods there are. */
const mostGaps = 256

export function healthReport(all: readonly Reported[], logger: Logger): HealthReport {
  const told = new Map<string, EndpointMemory['health']['state']>()
  const gaps = new Set<string>()

  function tellState({ name, memory }: Reported): void {
    const { state, reason, head } = memory.health
    if (state === (told.get(name) ?? 'good')) return
    told.set(name, state)
    const fields = { endpoint: name, reason, head }
    if (state === 'failing') logger.warn('An RPC endpoint fails; the others are asked', fields)
    else if (state === 'behind') logger.warn('An RPC endpoint stands still; the others are asked', fields)
    else logger.info('An RPC endpoint is well again', fields)
  }

  return {
    looked() {
      for (const reported of all) tellState(reported)
    },
    failed({ endpoint, work, failure, times }) {
      // With one endpoint there is nobody else to ask: the error itself is told.
      if (all.length < 2 || (failure !== 'method' && times < timesUntilGap)) return
      const gap = `${endpoint} ${work}`
      if (gaps.has(gap) || gaps.size >= mostGaps) return
      gaps.add(gap)
      logger.warn('An RPC endpoint fails at one kind of request; the others are asked for it', {
        endpoint,
        work,
        failure,
      })
    },
  }
}
