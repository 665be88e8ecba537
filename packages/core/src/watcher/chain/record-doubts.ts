import { firstOf } from '../../async/first-of.ts'
import type { Lifetime } from '../../async/lifetime.ts'
import { type WakeSignal, wakeSignal } from '../../async/wake-signal.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { Clock, Logger } from '../../spi/runtime.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { ChainClock } from './chain-clock.ts'

/**
 * Channels of which a reading said something else than what was known. Each is read again a block after that, and then after
 * pauses that double, until the sweep would read it anyway. So an endpoint that tells something else for a while costs as much
 * time again, wherever in the window it does so, and however often.
 */
export interface RecordDoubts {
  raise(id: ChannelId): void
}

export interface RecordDoubtsDeps {
  /** Reads the record once. Never rejects. */
  readonly read: (id: ChannelId) => Promise<unknown>
  readonly index: Pick<ChannelIndex, 'get'>
  readonly chainClock: Pick<ChainClock, 'secondsPerBlock'>
  readonly clock: Clock
  readonly logger: Logger
  readonly lifetime: Lifetime
}

export function recordDoubts({ read, index, chainClock, clock, logger, lifetime }: RecordDoubtsDeps): RecordDoubts {
  const inDoubt = new Map<ChannelId, WakeSignal>()

  const blockMs = (): number => Number(chainClock.secondsPerBlock) * 1_000

  /** From then on the sweep is as soon. */
  function quarterMs(id: ChannelId): number {
    return ((index.get(id)?.windowSeconds ?? 0) * 1_000) / 4
  }

  /** A block after it was raised, however often it is raised again meanwhile; then ever more rarely, until it is. */
  async function readUntilRaised(id: ChannelId, raised: WakeSignal, signal: AbortSignal): Promise<void> {
    const seen = raised.count
    let pauseMs = blockMs()
    await clock.sleep(pauseMs, { signal })
    await read(id)
    for (pauseMs *= 2; raised.count === seen && pauseMs <= quarterMs(id); pauseMs *= 2) {
      const ms = pauseMs
      await firstOf(signal, [(options) => clock.sleep(ms, options), (options) => raised.after(seen, options)])
      if (raised.count === seen) await read(id)
    }
  }

  async function resolve(id: ChannelId): Promise<void> {
    const raised = wakeSignal()
    inDoubt.set(id, raised)
    try {
      await lifetime.run(async (signal) => {
        for (let seen = -1; raised.count > seen && index.get(id) !== undefined; ) {
          seen = raised.count
          await readUntilRaised(id, raised, signal)
        }
      })
    } catch (error) {
      if (!lifetime.isOver) logger.error('Record not read again', { channel: id }, error)
    }
    inDoubt.delete(id)
  }

  return {
    raise(id) {
      const raised = inDoubt.get(id)
      if (raised === undefined) void resolve(id)
      else raised.wake()
    },
  }
}
