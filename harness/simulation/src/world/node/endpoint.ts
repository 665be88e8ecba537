import { type ChannelId, WatcherError } from '@perun-watcher/core'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Hardship } from '../hardships.ts'
import type { Ledger, LedgerBlock } from '../ledger.ts'
import type { Scheduler } from '../scheduler.ts'
import type { SimProcess } from '../sim-process.ts'
import type { Trace } from '../trace.ts'

export interface EndpointDeps {
  readonly time: Scheduler
  readonly ledger: Ledger
  readonly process: SimProcess
  readonly dice: Dice
  readonly trace: Trace
  readonly is: (hardship: Hardship) => boolean
  /** Until when calls about a channel are left without an answer, if they are. */
  readonly hangsUntil: (id: ChannelId) => number | undefined
}

/** One RPC endpoint: slow, failing, hanging, behind. */
export interface Endpoint {
  /**
   * The way to the endpoint and back.
   *
   * @param ids channels that the call is about: the endpoint may be stuck on them alone.
   */
  reach(ids: readonly ChannelId[], signal?: AbortSignal): Promise<void>
  /** The chain as it shows it now. */
  visible(): readonly LedgerBlock[]
}

export function endpoint({ time, ledger, process, dice, trace, is, hangsUntil }: EndpointDeps): Endpoint {
  async function hang(ids: readonly ChannelId[], signal: AbortSignal | undefined): Promise<void> {
    const ends = ids.map(hangsUntil).filter((end) => end !== undefined)
    if (ends.length === 0) return
    trace.meet('fault: rpc hangs')
    await process.pause(Math.max(...ends) - time.now, signal)
    throw new WatcherError('CHAIN_UNREACHABLE', 'The simulated endpoint never answered.')
  }

  return {
    async reach(ids, signal) {
      await process.latency(signal)
      await hang(ids, signal)
      if (!is('rpcDown') && !(is('rpcSlow') && dice.chance(0.2))) return
      trace.meet('fault: rpc error')
      throw new WatcherError('CHAIN_UNREACHABLE', 'The simulated endpoint does not answer.')
    },
    visible() {
      const behind = is('staleHeads') ? dice.int(0, 3) : 0
      if (behind > 0) trace.meet('fault: stale head')
      return behind === 0 ? ledger.blocks : ledger.blocks.slice(0, Math.max(1, ledger.blocks.length - behind))
    },
  }
}
