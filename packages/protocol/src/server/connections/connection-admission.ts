import { type ClientName, WatcherError } from '@perun-watcher/core'
import type { AcceptedConnection } from '../../transport/connection.ts'
import { errorForClient, shuttingDown } from '../requests/error-for-client.ts'
import type { ServeLimits } from '../settings/serve-limits.ts'
import type { ServeOptions } from '../settings/serve-options.ts'
import type { Session } from './served-connection.ts'

/** Who is connected, and who gets in. */
export interface Reception {
  /** Everybody, those who are turned away included until they are gone. */
  readonly sessions: ReadonlySet<Session>
  /** How many clients are in. */
  readonly clients: number
  admit(accepted: AcceptedConnection): void
  /** From here on everybody is turned away. */
  close(): void
}

export interface ReceptionDeps {
  readonly limits: ServeLimits
  readonly open: (accepted: AcceptedConnection) => Session
  readonly admitConnection: ServeOptions['admitConnection']
}

/** One client's connections. */
interface Household {
  /** Those that count. */
  readonly seats: Set<Seat>
  /** The one that had to make room last, until its goodbye is taken. */
  leaving: Session | undefined
}

/** A connection that counts, and how to stop that. */
interface Seat {
  readonly session: Session
  readonly release: () => void
}

/** Goodbyes to clients that are turned away, at one time; beyond that they are dropped without one. */
const mostTurnedAway = 100

export function reception({ limits, open, admitConnection }: ReceptionDeps): Reception {
  const sessions = new Set<Session>()
  const byClient = new Map<ClientName, Household>()
  let turnedAway = 0
  let isClosed = false

  function enter(accepted: AcceptedConnection): Session {
    const entered = open(accepted)
    sessions.add(entered)
    void entered.done.then(() => sessions.delete(entered))
    return entered
  }

  function turnAway(accepted: AcceptedConnection, why: WatcherError): void {
    if (turnedAway >= mostTurnedAway) {
      void accepted.connection[Symbol.asyncDispose]()
      return
    }
    turnedAway += 1
    const leaving = enter(accepted)
    leaving.end(why)
    void leaving.done.then(() => {
      turnedAway -= 1
    })
  }

  /** Counts one more connection of a client; where that is too many, the most silent one gives way. */
  function takeSeat(client: ClientName, household: Household): () => void {
    if (household.seats.size >= limits.maxConnectionsPerClient) endMostSilent(household)
    try {
      return seatOf(client)
    } catch (error) {
      if (household.seats.size === 0) throw error
      endMostSilent(household)
      return seatOf(client)
    }
  }

  function seatOf(client: ClientName): () => void {
    const counted = admitConnection?.(client)
    return () => counted?.release()
  }

  function letIn(accepted: AcceptedConnection): void {
    const { client } = accepted
    const household = byClient.get(client) ?? { seats: new Set(), leaving: undefined }
    const release = takeSeat(client, household)
    byClient.set(client, household)
    const seat = { session: enter(accepted), release }
    household.seats.add(seat)
    void seat.session.done.then(() => {
      release()
      household.seats.delete(seat)
      if (household.leaving === seat.session) household.leaving = undefined
      if (household.seats.size === 0 && byClient.get(client) === household) byClient.delete(client)
    })
  }

  function admit(accepted: AcceptedConnection): void {
    if (isClosed) throw shuttingDown()
    if (sessions.size - turnedAway >= limits.maxConnections) throw full('Too many connections.')
    letIn(accepted)
  }

  return {
    sessions,
    get clients() {
      return byClient.size
    },
    admit(accepted) {
      try {
        admit(accepted)
      } catch (error) {
        turnAway(accepted, errorForClient(error))
      }
    },
    close() {
      isClosed = true
    },
  }
}

/** The connection most likely to be dead without knowing it. One goodbye at a time: they must not pile up. */
function endMostSilent(household: Household): void {
  const [first, ...rest] = household.seats
  if (first === undefined) return
  const silent = rest.reduce((most, each) => (each.session.lastHeard < most.session.lastHeard ? each : most), first)
  household.seats.delete(silent)
  silent.release()
  silent.session.end(full('A newer connection of the same client takes the place of this one.'))
  household.leaving?.drop()
  household.leaving = silent.session
}

const full = (message: string): WatcherError => new WatcherError('OVERLOADED', message)
