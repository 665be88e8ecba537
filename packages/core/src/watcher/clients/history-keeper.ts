import { statesWithin } from '../../dispute/history-cut.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { HeldState } from '../../model/channel.ts'
import type { Endangered } from '../../model/events.ts'
import type { Logger } from '../../spi/runtime.ts'
import type { ChannelBook, HeldChannel } from '../channels/channel-book.ts'
import type { ChannelEntry, ChannelIndex } from '../channels/channel-index.ts'
import type { EngineStore } from '../channels/engine-store.ts'
import { keptRef } from '../channels/kept-states.ts'
import type { LineCharge } from '../channels/line-charges.ts'
import { linesOf, type NumberedLine } from '../channels/lines.ts'
import type { Notifier } from '../notifications/notifier.ts'

/** Keeps the histories of channels within their bounds. */
export interface HistoryKeeper {
  /**
   * Cuts what is over its bound. To be called in the channel's turn, after a write. Never rejects: what fails is done after
   * the next write.
   */
  bound(id: ChannelId): Promise<void>
}

export interface HistoryKeeperDeps {
  readonly index: Pick<ChannelIndex, 'get' | 'isLockable' | 'chargesOf' | 'usage'>
  readonly book: Pick<ChannelBook, 'read' | 'commit'>
  readonly store: Pick<EngineStore, 'history'>
  readonly notifier: Pick<Notifier, 'warnOfLine'>
  readonly logger: Logger
  /** See `EngineOptions`. */
  readonly historyBytes: number
}

/**
 * Most states of a ledger channel's history. Each matters only where exactly it was registered before it was superseded, and
 * then for the division below it at most: docs/disputes.md.
 */
const mostOfRoot = 1_024

/** A full history is cut by a quarter, so that not every write cuts it. */
const cutShare = 4

/** A shorter history is left alone: cutting it would gain nothing. */
const leastToCut = 16

/** Most locked channels that a history may name; what it locked long ago is forgotten with it then. */
const mostLocks = 4_096

export function historyKeeper(deps: HistoryKeeperDeps): HistoryKeeper {
  const { index, book, store, notifier, logger, historyBytes } = deps

  /** None of those whom the line is charged to has room left for it; each is charged in full. */
  function isOverQuota({ payers }: LineCharge): boolean {
    return payers.every((client) => index.usage.of(client).historyBytes > historyBytes)
  }

  const chargeOf = (id: ChannelId, line: NumberedLine): LineCharge | undefined =>
    index.chargesOf(id).find(({ number }) => number === line.number)

  async function allOf(id: ChannelId, { number }: NumberedLine): Promise<readonly HeldState[]> {
    const states: HeldState[] = []
    for await (const held of store.history(id, number)) states.push(held)
    return states
  }

  async function drop(channel: HeldChannel, line: NumberedLine, dropped: readonly HeldState[]): Promise<void> {
    const { id } = channel.entry
    await book.commit(channel, [{ type: 'dropKept', id, line: line.number, states: dropped.map(keptRef) }])
  }

  /** Writes what stays anew, so that what the others locked is forgotten with them. */
  async function rewrite(
    channel: HeldChannel,
    line: NumberedLine,
    all: readonly HeldState[],
    staying: readonly HeldState[],
  ): Promise<void> {
    const { id } = channel.entry
    const key = { id, line: line.number }
    await book.commit(channel, [
      { type: 'dropKept', ...key, states: all.map(keptRef) },
      ...staying.map((held) => ({ type: 'putKept', ...key, held }) as const),
      { type: 'putOlder', ...key, older: line.older },
    ])
  }

  /** Older states that may still be registered anew, and those that a record stands for: a tree may have to repeat them. */
  function neededOf({ entry }: HeldChannel, { older }: NumberedLine, all: readonly HeldState[]): readonly HeldState[] {
    const versions = registeredVersions(entry)
    return [...older, ...all.filter(({ state }) => versions.has(state.version))]
  }

  async function boundRoot(channel: HeldChannel, line: NumberedLine): Promise<void> {
    const { record } = channel.entry
    const isOver = record === undefined && line.newest.state.outcome.locked.length === 0
    if (isOver) {
      if (line.history.states > 0) await drop(channel, line, await allOf(channel.entry.id, line))
      return
    }
    if (line.history.states <= mostOfRoot + mostOfRoot / cutShare) return
    const all = await allOf(channel.entry.id, line)
    const needed = new Set(neededOf(channel, line, all).map(({ hash }) => hash))
    const latest = all.length - mostOfRoot
    await rewrite(
      channel,
      line,
      all,
      all.filter(({ hash }, at) => at >= latest || needed.has(hash)),
    )
  }

  async function boundLocked(channel: HeldChannel, line: NumberedLine): Promise<void> {
    const { entry } = channel
    if (line.history.states < leastToCut) return
    const charge = chargeOf(entry.id, line)
    if (charge !== undefined && isOverQuota(charge)) {
      const all = await allOf(entry.id, line)
      const needed = neededOf(channel, line, all)
      const staying = statesWithin(all, needed, line.history.bytes - line.history.bytes / cutShare)
      const isStaying = new Set(staying)
      if (line.history.locks.length > mostLocks) await rewrite(channel, line, all, staying)
      else
        await drop(
          channel,
          line,
          all.filter((held) => !isStaying.has(held)),
        )
      warnOfCut(entry, charge)
    }
  }

  function warnOfCut({ id, version, record }: ChannelEntry, charge: LineCharge): void {
    const cause = `The older states of this client's channels take more than ${historyBytes} bytes, so some were forgotten.`
    const event: Endangered = {
      type: 'endangered',
      channelId: id,
      reason: 'history-cut',
      version,
      registeredVersion: record?.version,
      deadline: undefined,
      secondsLeft: undefined,
      detail: `${cause} Settle the channel and open it anew, or keep its states at hand for when one is asked for.`,
    }
    notifier.warnOfLine(event, charge)
  }

  async function boundLines(id: ChannelId, bound: typeof boundRoot): Promise<void> {
    const numbers = linesOf((await book.read(id))?.stored).map(({ number }) => number)
    for (const number of numbers) {
      const channel = await book.read(id)
      const line = linesOf(channel?.stored).find((each) => each.number === number)
      if (channel !== undefined && line !== undefined) await bound(channel, line)
    }
  }

  return {
    async bound(id) {
      const entry = index.get(id)
      // Nearly all channels are such.
      if (entry === undefined || entry.historyBytes === 0) return
      const isLockable = index.isLockable(id)
      if (isLockable && !index.chargesOf(id).some(isOverQuota)) return
      try {
        await boundLines(id, isLockable ? boundLocked : boundRoot)
      } catch (error) {
        logger.warn('Older states not forgotten; tried again with the next state', { channel: id }, error)
      }
    },
  }
}

/** What the ledger holds of the channel, and what a reorg may bring back. */
function registeredVersions({ record, pending }: ChannelEntry): ReadonlySet<bigint | undefined> {
  return new Set([record?.version, ...pending.flatMap(({ log, before }) => [log.version, before?.version])])
}
