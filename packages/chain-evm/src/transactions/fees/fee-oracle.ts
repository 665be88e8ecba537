import type { Block, BlockHash, ChainTime, Clock, Logger } from '@perun-watcher/core'
import { withScope } from '@perun-watcher/core/internal'
import type { FeeHead, NodeRpc } from '../node/node-rpc.ts'
import { lowerMarket, marketOf } from './fee-market.ts'
import type { FeeMarket } from './fee-policy.ts'
import { feeSources, patienceMs } from './fee-sources.ts'

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
  /** The newest head of which anybody told; `undefined` where the view is not fresh, so that there may be newer ones. */
  readonly newestHead: () => BlockHash | undefined
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
  /** The operator's cap, in wei per gas. */
  readonly feeCap: bigint
  /** A view older than this is not fresh. */
  readonly maxAgeMs: number
}

/** Prices above this part of the cap are asked of another endpoint as well: all that one tells may be wrong in the same way. */
const partOfCap = 16n

export function feeOracle(options: FeeOracleOptions): FeeOracle {
  const { nodeRpc, clock, logger, minPriorityFeePerGas } = options
  const doubtful = options.feeCap / partOfCap
  let view: FeeView | undefined
  let readAt = 0
  let announced: Block | undefined
  let reading: Promise<FeeView> | undefined
  const sources = feeSources(nodeRpc, clock)
  const otherSources = feeSources(nodeRpc, clock, { secondOpinion: true })

  /** By the word of another endpoint; `undefined` where it says nothing in time. */
  const otherMarket = (): Promise<FeeMarket | undefined> =>
    withScope(undefined, async ({ signal }) => {
      const read = async (): Promise<FeeMarket> => {
        const head = nodeRpc.head({ signal, secondOpinion: true })
        const [{ baseFeePerGas: headBaseFee }, quotes] = await Promise.all([head, otherSources.read()])
        return marketOf({ headBaseFee, earlierBaseFee: undefined, quotes, minPriorityFeePerGas })
      }
      const late = clock.sleep(2 * patienceMs, { signal }).then(() => undefined)
      return await Promise.race([read(), late]).catch(() => undefined)
    })

  const believed = async (market: FeeMarket): Promise<FeeMarket> => {
    if (market.baseFeePerGas + market.priorityFeePerGas <= doubtful) return market
    const other = await otherMarket()
    return other === undefined ? market : lowerMarket(market, other, doubtful)
  }

  const read = async (): Promise<FeeView> => {
    const before = announced
    const [head, quotes] = await Promise.all([nodeRpc.head(), sources.read()])
    const earlierBaseFee = view?.head.baseFeePerGas
    const market = await believed(
      marketOf({ headBaseFee: head.baseFeePerGas, earlierBaseFee, quotes, minPriorityFeePerGas }),
    )
    const announcedTime = announced?.timestamp ?? 0n
    view = {
      head,
      market,
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

  const isRecent = (): boolean => clock.now() - readAt < options.maxAgeMs

  return {
    current: () => view,
    newestHead: () => announced?.hash ?? (isRecent() ? view?.head.hash : undefined),
    announce: (block) => {
      if (block.hash === view?.head.hash) return
      announced = block
      if (view !== undefined && block.timestamp > view.time) view = { ...view, time: block.timestamp }
    },
    refresh,
    recent: async () => {
      const isFresh = announced === undefined && isRecent()
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
