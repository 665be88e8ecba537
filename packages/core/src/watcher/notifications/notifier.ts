import type { ChannelId, ClientName } from '../../model/brand.ts'
import type {
  AdjudicatorEvent,
  ChainFact,
  Endangered,
  EndangeredReason,
  Finality,
  StateNeeded,
} from '../../model/events.ts'
import type { AdjudicatorLog, Phase } from '../../model/ledger.ts'
import type { Logger } from '../../spi/runtime.ts'
import { none } from '../../store/summary.ts'
import { endangeredReasons } from '../../validation/parse-event.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { LineCharge } from '../channels/line-charges.ts'
import type { Mailboxes } from './mailboxes.ts'

/** Tells clients and the operator what happens to their channels. */
export interface Notifier {
  /** Channels with a warning that has not been cleared. */
  readonly warnedChannels: number
  /** How many warnings there were so far, by reason. Every reason has an entry. */
  readonly warnings: ReadonlyMap<EndangeredReason, number>
  /** To every client that is enrolled with the channel, connected or not. */
  notify(event: AdjudicatorEvent): void
  notifyOne(client: ClientName, event: AdjudicatorEvent): void
  /** Sent once per channel, reason and registered version until {@link clearWarnings}. */
  warn(event: Endangered): void
  /** The same for those clients of the channel alone whose line it concerns. */
  warnOfLine(event: Endangered, line: Pick<LineCharge, 'number' | 'payers'>): void
  /**
   * Asks the clients of the channel for a state, and those of another channel that cannot be defended without it. Each
   * client is asked once per channel and state until {@link clearWarnings} of the channel whose state it is.
   */
  askForState(event: StateNeeded, endangered: ChannelId): void
  /** The danger has passed: if it comes back, clients are warned again. */
  clearWarnings(id: ChannelId): void
}

export interface NotifierDeps {
  readonly index: ChannelIndex
  readonly mailboxes: Pick<Mailboxes, 'post'>
  readonly logger: Logger
}

export function notifier({ index, mailboxes, logger }: NotifierDeps): Notifier {
  const warned = new Map<ChannelId, Set<string>>()
  const warnings = new Map(endangeredReasons.map((reason) => [reason, 0]))

  function notify(event: AdjudicatorEvent): void {
    for (const client of index.get(event.channelId)?.clients ?? none) mailboxes.post(client, event)
  }

  /** @returns whether it was not told yet. */
  function isNews(id: ChannelId, topic: string): boolean {
    const topics = warned.get(id) ?? new Set()
    if (topics.has(topic)) return false
    warned.set(id, topics.add(topic))
    return true
  }

  /** @returns whether it was not told yet. */
  function note(event: Endangered, topic: string): boolean {
    if (!isNews(event.channelId, topic)) return false
    warnings.set(event.reason, (warnings.get(event.reason) ?? 0) + 1)
    logger.warn('Channel endangered', {
      channel: event.channelId,
      reason: event.reason,
      version: event.version,
      registeredVersion: event.registeredVersion,
      secondsLeft: event.secondsLeft,
      detail: event.detail,
    })
    return true
  }

  return {
    get warnedChannels() {
      return warned.size
    },
    get warnings() {
      return new Map(warnings)
    },
    notify,
    notifyOne: mailboxes.post,
    warn(event) {
      if (note(event, `${event.reason} ${event.registeredVersion}`)) notify(event)
    },
    warnOfLine(event, { number, payers }) {
      if (!note(event, `${event.reason} ${event.registeredVersion} of line ${number}`)) return
      const { clients } = index.get(event.channelId) ?? { clients: none }
      for (const client of clients) if (payers.includes(client)) mailboxes.post(client, event)
    },
    askForState(event, endangered) {
      const { channelId, version, stateHash, secondsLeft } = event
      const topic = `stateNeeded ${stateHash}`
      if (isNews(channelId, topic)) logger.warn('State needed', { channel: channelId, version, stateHash, secondsLeft })
      // A client hears it in the watch of the channel itself if it has one.
      for (const id of [channelId, endangered]) {
        for (const client of index.get(id)?.clients ?? none) {
          if (isNews(channelId, `${topic} ${client}`)) mailboxes.post(client, event, id)
        }
      }
    },
    clearWarnings(id) {
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
