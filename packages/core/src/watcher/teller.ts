import type { ChannelId } from '../model/brand.ts'
import type { AdjudicatorEvent, ChainFact, Endangered, Finality } from '../model/events.ts'
import type { AdjudicatorLog, Phase } from '../model/ledger.ts'
import type { EventSink } from '../spi/engine.ts'
import type { Logger } from '../spi/runtime.ts'
import type { ChannelIndex } from './channel-index.ts'

/** Tells clients and the operator what happens to their channels. */
export interface Teller {
  tell(event: AdjudicatorEvent): void
  tellOne(sink: EventSink, event: AdjudicatorEvent): void
  /** Told once per channel, reason and registered version until {@link calm}. */
  warn(event: Endangered): void
  /** The danger passed: the same warning would be news again. */
  calm(id: ChannelId): void
}

export function teller(index: ChannelIndex, logger: Logger): Teller {
  const warned = new Map<ChannelId, Set<string>>()

  function tell(event: AdjudicatorEvent): void {
    for (const { sink } of index.get(event.channelId)?.sinks ?? []) give(sink, event)
  }

  /** A sink that throws against its contract harms nobody but its own client. */
  function give(sink: EventSink, event: AdjudicatorEvent): void {
    try {
      sink.push(event)
    } catch (error) {
      logger.error('Event not taken', { channel: event.channelId, type: event.type }, error)
    }
  }

  return {
    tell,
    tellOne: give,
    warn(event) {
      const topic = `${event.reason} ${event.registeredVersion}`
      const topics = warned.get(event.channelId) ?? new Set()
      if (topics.has(topic)) return
      warned.set(event.channelId, topics.add(topic))
      logger.warn('Channel endangered', {
        channel: event.channelId,
        reason: event.reason,
        version: event.version,
        registeredVersion: event.registeredVersion,
        secondsLeft: event.secondsLeft,
        detail: event.detail,
      })
      tell(event)
    },
    calm(id) {
      warned.delete(id)
    },
  }
}

const factTypes: Readonly<Record<Phase, ChainFact['type']>> = {
  dispute: 'registered',
  forceExec: 'progressed',
  concluded: 'concluded',
}

export function factType(phase: Phase): ChainFact['type'] {
  return factTypes[phase]
}

export function factOf(log: AdjudicatorLog, finality: Finality): ChainFact {
  return {
    type: factType(log.phase),
    channelId: log.channelId,
    version: log.version,
    timeout: log.timeout,
    finality,
    block: log.block,
    transactionHash: log.transactionHash,
  }
}
