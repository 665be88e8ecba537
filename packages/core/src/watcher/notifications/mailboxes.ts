import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import type { Lifetime } from '../../async/lifetime.ts'
import { type RetryDeps, retry } from '../../async/retry.ts'
import type { ChannelId, ClientName, LedgerId } from '../../model/brand.ts'
import type { AdjudicatorEvent } from '../../model/events.ts'
import type { EventSink } from '../../spi/engine.ts'
import type { Logger } from '../../spi/runtime.ts'
import type { Mailbox, NumberedEvent, Store, StoreChange } from '../../spi/store.ts'
import { acknowledgedUpTo, appended, emptyMailbox } from './mailbox-content.ts'

/**
 * What clients have not acknowledged yet, one mailbox per client and channel. An event goes to the client's open watches
 * at once and into the store in the background, so that it survives a restart and nobody waits for it. Only two kinds of
 * mailboxes are in memory: those with an open watch, and those with changes that are not stored yet.
 */
export interface Mailboxes {
  /** How many are in memory. */
  readonly size: number
  /**
   * Appends an event and pushes it to the client's open watches. Never waits and never throws.
   *
   * @param id the channel in whose watches it is told: one that the client is enrolled with. Default: the event's own
   */
  post(client: ClientName, event: AdjudicatorEvent, id?: ChannelId): void
  /** A watch begins: its sink gets what the client has not acknowledged, in order, and then every new event. */
  connect(id: ChannelId, client: ClientName, sink: EventSink): void
  /** A watch ends. */
  disconnect(id: ChannelId, client: ClientName, sink: EventSink): void
  /** The sinks of the client's open watches of a channel. */
  sinksOf(id: ChannelId, client: ClientName): ReadonlySet<EventSink>
  /** The client has handled the events up to this one. */
  acknowledge(id: ChannelId, client: ClientName, sequence: bigint): void
  /**
   * The client left and the same commit removed its mailbox: ends its watches. To be called in the channel's turn.
   *
   * @param reason why, where the client did not ask for it
   */
  forget(id: ChannelId, client: ClientName, reason?: Error): void
  /** A removal was reported as failed, but may have been made: writes the mailbox again. For the channel's turn. */
  rewrite(id: ChannelId, client: ClientName): void
  /**
   * Writes all events so far, of one channel or of all. Resolves at once where they are stored already.
   *
   * @throws what the store throws; the background goes on trying.
   */
  flush(id?: ChannelId): Promise<void>
  /** Ends every watch. */
  end(error: Error | undefined): void
}

/** Where mailboxes are kept. */
export interface MailboxStore extends Pick<Store, 'mailbox'> {
  commit(changes: readonly Extract<StoreChange, { type: 'putMailbox' }>[]): Promise<void>
}

export interface MailboxesDeps extends RetryDeps {
  /** Where the events happen. */
  readonly ledger: LedgerId
  readonly store: MailboxStore
  /** Writes take turns with all others of the channel: none can come after the removal of the mailbox. */
  readonly mutex: KeyedMutex<ChannelId>
  readonly lifetime: Lifetime
  readonly logger: Logger
  /** Most events that wait in one mailbox, at least 1. */
  readonly mailboxLimit: number
}

interface Box {
  readonly id: ChannelId
  readonly client: ClientName
  readonly sinks: Set<EventSink>
  /** Before it is loaded: the events since, counted from 1. */
  content: Mailbox
  /** What the store is known to have; `undefined` before it is loaded. */
  stored: Mailbox | undefined
  isLoaded: boolean
  /** It is being loaded or written in the background. */
  isBusy: boolean
  /** The client left. */
  isOver: boolean
}

const isStored = ({ content, stored }: Box): boolean => content === stored

const noSinks: ReadonlySet<EventSink> = new Set()

export function mailboxes(deps: MailboxesDeps): Mailboxes {
  const { ledger, store, mutex, lifetime, logger, mailboxLimit } = deps
  /** By channel; most have one client. */
  const boxes = new Map<ChannelId, readonly Box[]>()
  let size = 0
  /** Those with changes that are not stored yet. */
  const unstored = new Set<Box>()
  let hasEnded = false

  const find = (id: ChannelId, client: ClientName): Box | undefined =>
    boxes.get(id)?.find((box) => box.client === client)

  function open(id: ChannelId, client: ClientName): Box {
    const known = find(id, client)
    if (known !== undefined) return known
    const state = { content: emptyMailbox, stored: undefined, isLoaded: false, isBusy: false, isOver: false }
    const box: Box = { id, client, sinks: new Set(), ...state }
    boxes.set(id, [...(boxes.get(id) ?? []), box])
    size += 1
    unstored.add(box)
    return box
  }

  function drop(box: Box): void {
    unstored.delete(box)
    const ofChannel = boxes.get(box.id) ?? []
    if (!ofChannel.includes(box)) return
    size -= 1
    const rest = ofChannel.filter((each) => each !== box)
    if (rest.length === 0) boxes.delete(box.id)
    else boxes.set(box.id, rest)
  }

  function dropIfIdle(box: Box): void {
    if (box.sinks.size === 0 && isStored(box) && !box.isBusy) drop(box)
  }

  /** A sink that breaks its contract by throwing, at once or later, harms nobody but its own client. */
  function guard(call: () => unknown, complain: (error: unknown) => void): void {
    try {
      // Declared to return nothing, but a function that returns a promise fits as well.
      const answer = call()
      if (answer instanceof Promise) answer.catch(complain)
    } catch (error) {
      complain(error)
    }
  }

  function give(sink: EventSink, { event, sequence }: NumberedEvent): void {
    const { channelId, type } = event
    guard(
      () => sink.push(event, sequence),
      (error) => logger.error('Event not taken', { channel: channelId, type }, error),
    )
  }

  function finish(sink: EventSink, { id, client }: Box, error?: Error): void {
    guard(
      () => sink.end(error),
      (failure) => logger.error('End of a watch not taken', { channel: id, client }, failure),
    )
  }

  async function load(box: Box): Promise<void> {
    const stored = await store.mailbox(box.id, box.client)
    const early = box.content
    box.stored = stored ?? emptyMailbox
    box.content = early.events.reduce((content, each) => appended(content, each, mailboxLimit), box.stored)
    box.isLoaded = true
    for (const each of box.content.events) for (const sink of box.sinks) give(sink, each)
  }

  async function write(box: Box): Promise<void> {
    const { id, client, content: mailbox } = box
    await store.commit([{ type: 'putMailbox', id, client, mailbox }])
    box.stored = mailbox
  }

  /** Loads the mailbox, or writes what is not stored yet. What changes meanwhile is left for the next time. */
  function bringInStep(box: Box): Promise<void> {
    return mutex.run(box.id, async () => {
      if (box.isOver) return
      if (!box.isLoaded) await load(box)
      if (!isStored(box)) await write(box)
      if (isStored(box)) unstored.delete(box)
    })
  }

  async function storeOrLog(box: Box): Promise<void> {
    try {
      await bringInStep(box)
    } catch (error) {
      logger.warn('Events not stored; tried again', { channel: box.id, client: box.client }, error)
      throw error
    }
  }

  /** One write at a time; however many events come meanwhile, all of them go into the next one. */
  async function storeInBackground(box: Box): Promise<void> {
    if (box.isBusy) return
    box.isBusy = true
    try {
      while (!box.isOver && !isStored(box)) {
        await lifetime.run((signal) => retry(deps, () => storeOrLog(box), signal))
      }
    } catch {
      // It was logged, or the engine is ending. The next event tries again.
    }
    box.isBusy = false
    dropIfIdle(box)
  }

  function change(box: Box, content: Mailbox): void {
    box.content = content
    if (!isStored(box)) unstored.add(box)
    void storeInBackground(box)
  }

  function disconnect(box: Box, sink: EventSink, reason?: Error): void {
    if (box.sinks.delete(sink) && !hasEnded) finish(sink, box, reason)
    dropIfIdle(box)
  }

  return {
    get size() {
      return size
    },
    post(client, event, id = event.channelId) {
      const box = open(id, client)
      change(box, appended(box.content, { ledger, event }, mailboxLimit))
      const newest = box.content.events.at(-1)
      if (!box.isLoaded || newest === undefined) return
      for (const sink of box.sinks) give(sink, newest)
    },
    connect(id, client, sink) {
      const box = open(id, client)
      box.sinks.add(sink)
      if (box.isLoaded) for (const each of box.content.events) give(sink, each)
      else void storeInBackground(box)
    },
    disconnect(id, client, sink) {
      const box = find(id, client)
      if (box !== undefined) disconnect(box, sink)
    },
    sinksOf: (id, client) => find(id, client)?.sinks ?? noSinks,
    acknowledge(id, client, sequence) {
      const box = find(id, client)
      // Nothing is pushed before the mailbox is loaded, so there is nothing to acknowledge.
      if (box?.isLoaded) change(box, acknowledgedUpTo(box.content, sequence))
    },
    forget(id, client, reason) {
      const box = find(id, client)
      if (box === undefined) return
      box.isOver = true
      drop(box)
      for (const sink of box.sinks) disconnect(box, sink, reason)
    },
    rewrite(id, client) {
      const box = find(id, client)
      if (box?.isLoaded) change(box, { ...box.content })
    },
    async flush(id) {
      const concerned = [...unstored].filter((box) => id === undefined || box.id === id)
      await Promise.all(concerned.map(bringInStep))
    },
    end(error) {
      hasEnded = true
      for (const box of [...boxes.values()].flat()) for (const sink of box.sinks) finish(sink, box, error)
    },
  }
}
