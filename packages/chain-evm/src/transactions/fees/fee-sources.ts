import type { Clock } from '@perun-watcher/core'
import { withScope } from '@perun-watcher/core/internal'
import type { RequestOptions } from '../../rpc/evm-client.ts'
import type { NodeRpc } from '../node/node-rpc.ts'
import type { FeeQuotes } from './fee-market.ts'

/** All that the node says about prices besides its head. */
export interface FeeSources {
  /**
   * Asks all of them at once, and waits a moment for the slow ones. What is not answered counts for some time as it was
   * answered last. Never rejects.
   */
  readonly read: () => Promise<FeeQuotes>
}

/** Milliseconds; the offer does not wait longer for prices that it can do without. */
export const patienceMs = 1_000

/** Milliseconds for which a price counts that is not told anew. */
const longestMs = 120_000

interface Quote {
  readonly fields: Partial<FeeQuotes>
  readonly at: number
}

const noQuotes: FeeQuotes = { suggestedTip: undefined, gasPrice: undefined, history: undefined }

export function feeSources(nodeRpc: NodeRpc, clock: Clock, options: RequestOptions = {}): FeeSources {
  const quotes = new Map<keyof FeeQuotes, Quote>()

  async function ask<Name extends keyof FeeQuotes>(
    name: Name,
    question: () => Promise<FeeQuotes[Name]>,
  ): Promise<void> {
    try {
      const fields: Partial<FeeQuotes> = { [name]: await question() }
      quotes.set(name, { fields, at: clock.now() })
    } catch {
      // An old price is better than none, and the head itself decides whether the node answers.
    }
  }

  function current(): FeeQuotes {
    let all = noQuotes
    for (const { fields, at } of quotes.values()) if (clock.now() - at < longestMs) all = { ...all, ...fields }
    return all
  }

  return {
    read: () =>
      withScope(undefined, async ({ signal }) => {
        const answers = Promise.all([
          ask('suggestedTip', () => nodeRpc.priorityFee(options)),
          ask('gasPrice', () => nodeRpc.gasPrice(options)),
          ask('history', () => nodeRpc.feeHistory(options)),
        ])
        await Promise.race([answers, clock.sleep(patienceMs, { signal }).catch(() => undefined)])
        return current()
      }),
  }
}
