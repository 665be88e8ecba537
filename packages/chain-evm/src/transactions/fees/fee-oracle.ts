import type { Block, ChainTime, Clock, Logger } from '@perun-watcher/core'
import type { FeeHead, NodeRpc } from '../node/node-rpc.ts'
import { marketOf } from './fee-market.ts'
import type { FeeMarket } from './fee-policy.ts'
import { feeSources } from './fee-sources.ts'

/** The chain's head and its fee market, as last read. */
export interface FeeView {
  readonly head: FeeHead
  readonly market: FeeMarket
  /** The newest chain time that is known; it may be that of a later block than `head`. */
  readonly time: ChainTime
}

/** Reads head and fee market once for all lanes. */
export interface FeeOracle {
  readonly current: () => FeeView | undefined
  /** A new head exists; what was read before it is stale. */
  readonly announce: (block: Block) => void
  /** Reads again, once for all who ask at the same time. Rejects if that fails. */
  readonly refresh: () => Promise<FeeView>
  /** The current view if it is of the newest head and fresh, otherwise a new one. Rejects if there is none at all. */
  readonly recent: () => Promise<FeeView>
}

export interface FeeOracleOptions {
  readonly nodeRpc: NodeRpc
  readonly clock: Clock
  readonly logger: Logger
  readonly minPriorityFeePerGas: bigint
  /** A view older than this is not fresh. */
  readonly maxAgeMs: number
}

export function feeOracle(options: FeeOracleOptions): FeeOracle {
  const { nodeRpc, clock, logger } = options
  let view: FeeView | undefined
  let readAt = 0
  let announced: Block | undefined
  let reading: Promise<FeeView> | undefined
  const sources = feeSources(nodeRpc, clock)

  const read = async (): Promise<FeeView> => {
    const before = announced
    const [head, quotes] = await Promise.all([nodeRpc.head(), sources.read()])
    const announcedTime = announced?.timestamp ?? 0n
    view = {
      head,
      market: marketOf({
        headBaseFee: head.baseFeePerGas,
        earlierBaseFee: view?.head.baseFeePerGas,
        quotes,
        minPriorityFeePerGas: options.minPriorityFeePerGas,
      }),
      time: head.timestamp > announcedTime ? head.timestamp : announcedTime,
    }
    // A head that was announced in the meantime calls for one more reading.
    if (announced === before) announced = undefined
    readAt = clock.now()
    return view
  }

  const refresh = (): Promise<FeeView> => {
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }

  return {
    current: () => view,
    announce: (block) => {
      if (block.hash === view?.head.hash) return
      announced = block
      if (view !== undefined && block.timestamp > view.time) view = { ...view, time: block.timestamp }
    },
    refresh,
    recent: async () => {
      const isFresh = announced === undefined && clock.now() - readAt < options.maxAgeMs
      if (view !== undefined && isFresh) return view
      try {
        return await refresh()
      } catch (error) {
        if (view === undefined) throw error
        logger.warn('The head could not be read; fees follow an older one', { number: view.head.number }, error)
        return view
      }
    },
  }
}
