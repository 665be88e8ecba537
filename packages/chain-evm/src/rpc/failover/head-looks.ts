import type { Clock } from '@perun-watcher/core'
import type { EvmClient } from '../evm-client.ts'
import { parseFields, parseQuantity } from '../parse-rpc.ts'
import type { EndpointMemory } from './endpoint-memory.ts'

/** Milliseconds between two looks at all heads. */
const pauseMs = 10_000

export interface HeadLooks {
  /** Looks at the heads of all endpoints in the background, where it is time for it. Never throws. */
  begin(): void
}

interface Looked {
  readonly memory: EndpointMemory
}

interface HeadLooksDeps<T> {
  readonly ask: (endpoint: T, ...request: Parameters<EvmClient['request']>) => Promise<unknown>
  readonly clock: Pick<Clock, 'now'>
  /** Called after every look. */
  readonly onLooked: () => void
}

/**
 * Asks every endpoint for its head, also those that are not in use: so one that is dead is noticed before it is needed, one
 * that is back is used again, and one that stands still, or tells other times than the rest, is found out.
 */
export function headLooks<T extends Looked>(all: readonly T[], { ask, clock, onLooked }: HeadLooksDeps<T>): HeadLooks {
  let lookAt = 0
  let isLooking = false

  async function lookAtOne(endpoint: T): Promise<void> {
    if (!endpoint.memory.isLookDue()) return
    try {
      const { number, timestamp } = parseFields(await ask(endpoint, 'eth_getBlockByNumber', ['latest', false]), 'block')
      endpoint.memory.toldHead({
        number: parseQuantity(number, 'block.number'),
        timestamp: parseQuantity(timestamp, 'block.timestamp'),
      })
    } catch {
      // The memory has been told.
    }
  }

  async function look(): Promise<void> {
    await Promise.all(all.map(lookAtOne))
    for (const { memory } of all)
      memory.compare(all.filter((other) => other.memory !== memory).map((other) => other.memory.progress))
    onLooked()
  }

  return {
    begin() {
      const now = clock.now()
      if (isLooking || now < lookAt) return
      isLooking = true
      lookAt = now + pauseMs
      const end = (): void => {
        isLooking = false
      }
      look().then(end, end)
    },
  }
}
