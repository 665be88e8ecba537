import type { Clock } from '@perun-watcher/core'
import type { NodeRpc } from '../node/node-rpc.ts'

/** What is taken for the data of a transaction on the chain below, besides its gas. */
export interface DataFees {
  /**
   * What is to be expected for a transaction with so many bytes of call data, in wei; 0 where nothing is taken, or the chain
   * does not say. One endpoint's word. Rejects with the errors of the node.
   */
  of(bytes: number): Promise<bigint>
}

export interface DataFeesDeps {
  readonly nodeRpc: Pick<NodeRpc, 'dataFee'>
  readonly clock: Clock
  /** Whether the chain takes any from the balance. */
  readonly takesDataFee: boolean
}

/** What a transaction has besides its call data: nonce, fees, gas, address. */
const envelopeBytes = 160

/** Sizes are rounded up to this, so that many transactions of about the same size need one question. */
const step = 1_024

const freshMs = 30_000

/** The base fee of the chain below may nearly double in six of its blocks; and what else the rollup takes is little. */
const margin = 2n

interface Quote {
  readonly at: number
  readonly fee: Promise<bigint>
}

export function dataFees({ nodeRpc, clock, takesDataFee }: DataFeesDeps): DataFees {
  if (!takesDataFee) return { of: async () => 0n }
  /** By size in steps: no more entries than the chain has sizes. */
  const quotes = new Map<number, Quote>()

  async function ask(steps: number): Promise<bigint> {
    return margin * ((await nodeRpc.dataFee(steps * step)) ?? 0n)
  }

  return {
    async of(bytes) {
      const steps = Math.ceil((bytes + envelopeBytes) / step)
      const before = quotes.get(steps)
      if (before !== undefined && clock.now() - before.at < freshMs) return await before.fee
      const quote = { at: clock.now(), fee: ask(steps) }
      quotes.set(steps, quote)
      try {
        return await quote.fee
      } catch (error) {
        if (quotes.get(steps) === quote) quotes.delete(steps)
        throw error
      }
    },
  }
}
