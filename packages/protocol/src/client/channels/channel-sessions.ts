import {
  type AbortOptions,
  type ChannelId,
  parseChannelId,
  parseSignedState,
  parseTransaction,
  type SignedStateInput,
  type StartWatchingOptions,
  type StatesPub,
  type Transaction,
  type TransactionInput,
  type Watch,
  WatcherError,
} from '@perun-watcher/core'
import { raceSignal } from '@perun-watcher/core/internal'
import type { WatcherConnection } from '../connection/watcher-connection.ts'
import { pendingPublish } from '../publishing/pending-publish.ts'
import { type Publisher, type PublisherDeps, publisher } from '../publishing/publisher.ts'
import { type ChannelSession, channelSession, type SessionDeps, watchEnded } from './channel-session.ts'

/** A watched channel: its current handles, and its publisher, which is kept when the handles are replaced. */
interface Watched {
  readonly session: ChannelSession
  readonly states: Publisher
}

/** The sessions of all channels of one client. */
export interface ChannelSessions {
  readonly watches: number
  readonly pendingPublishes: number
  startWatching(channel: SignedStateInput, options: StartWatchingOptions): Promise<Watch>
  /** Resolves when the attempt to start the channel on the newest connection is over. */
  attached(id: ChannelId): Promise<void>
  /** The watcher no longer guards the channel. */
  stopped(id: ChannelId): void
  /** Resumes all sessions on a new connection. */
  attach(connection: WatcherConnection): void
  /** Resolves when no call is waiting for the watcher any more. */
  settled(): Promise<void>
  /** Ends all handles. */
  end(error: Error | undefined, unsettled: Error): void
}

export interface ChannelSessionsDeps
  extends Pick<SessionDeps, 'eventLimit' | 'backOff' | 'random' | 'logger' | 'checkReceipt'> {
  readonly pendingLimit: number
  readonly connection: () => WatcherConnection | undefined
  readonly assertOpen: () => void
}

export function channelSessions(deps: ChannelSessionsDeps): ChannelSessions {
  /** All sessions that have not ended, in the order in which they were requested; includes those not started yet. */
  const sessions = new Set<ChannelSession>()
  const watched = new Map<ChannelId, Watched>()
  const underWay = new Set<Promise<unknown>>()

  async function attached(id: ChannelId): Promise<void> {
    await watched.get(id)?.session.attached
  }

  function open(opening: PublisherDeps['opening'], parent: ChannelId | undefined): ChannelSession {
    const id = opening.state.channelId
    const session = channelSession({
      ...deps,
      opening,
      parent,
      parentAttached: async () => (parent === undefined ? undefined : attached(parent)),
      onStarted() {
        const before = watched.get(id)
        const states = before?.states ?? publisher({ ...deps, opening, limit: deps.pendingLimit })
        watched.set(id, { session, states })
        // The program has started the channel again: fresh handles, but the same queue of publishes.
        before?.session.end()
        return states
      },
      onEnd(error) {
        sessions.delete(session)
        const current = watched.get(id)
        if (current?.session !== session) return
        watched.delete(id)
        current.states.end(error ?? watchEnded(id))
      },
      onUnwanted: (connection) => watched.get(id)?.session.attach(connection),
    })
    sessions.add(session)
    return session
  }

  async function startWatching(input: SignedStateInput, { parent, signal }: StartWatchingOptions): Promise<Watch> {
    signal?.throwIfAborted()
    deps.assertOpen()
    const opening = parseSignedState(input)
    const session = open(opening, parent === undefined ? undefined : parseChannelId(parent, 'parent'))
    const connection = deps.connection()
    if (connection !== undefined) session.attach(connection)
    try {
      await raceSignal(track(session.started), signal)
    } catch (error) {
      session.end()
      throw error
    }
    return { statesPub: statesPubOf(session), eventsSub: session.eventsSub }
  }

  function statesPubOf(session: ChannelSession): StatesPub {
    let isClosed = false
    return {
      async publish(transaction, options = {}) {
        deps.assertOpen()
        const states = watched.get(session.channelId)
        if (isClosed || states?.session !== session) throw session.error ?? watchEnded(session.channelId)
        await publish(states, transaction, options)
      },
      async close() {
        isClosed = true
      },
    }
  }

  async function publish({ session, states }: Watched, input: TransactionInput, options: AbortOptions): Promise<void> {
    options.signal?.throwIfAborted()
    const pending = pendingPublish(ofChannel(session.channelId, parseTransaction(input)), options)
    states.add(pending)
    await track(pending.settled)
  }

  function track<T>(promise: Promise<T>): Promise<T> {
    const settled = promise.then(
      () => {},
      () => {},
    )
    underWay.add(settled)
    void settled.then(() => underWay.delete(settled))
    return promise
  }

  return {
    get watches() {
      return watched.size
    },
    get pendingPublishes() {
      return [...watched.values()].reduce((sum, { states }) => sum + states.size, 0)
    },
    startWatching,
    attached,
    stopped(id) {
      for (const session of sessions) if (session.channelId === id) session.end()
    },
    attach(connection) {
      for (const session of sessions) session.attach(connection)
    },
    async settled() {
      await Promise.all(underWay)
    },
    end(error, unsettled) {
      for (const { states } of watched.values()) states.end(unsettled)
      for (const session of sessions) session.end(error, unsettled)
    },
  }
}

function ofChannel(id: ChannelId, transaction: Transaction): Transaction {
  const got = transaction.state.channelId
  if (got === id) return transaction
  throw new WatcherError('CHANNEL_ID_MISMATCH', 'The state belongs to another channel.', {
    details: [`Published to ${id}, the state says ${got}.`],
  })
}
