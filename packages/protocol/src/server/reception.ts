import { type ClientName, WatcherError } from '@perun-watcher/core'
import type { AcceptedConnection } from '../connection.ts'
import { shuttingDown } from './answer-error.ts'
import type { ServeLimits } from './limits.ts'
import type { Session } from './session.ts'

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
}

/** Goodbyes to clients that are turned away, at one time; beyond that they are dropped without one. */
const mostTurnedAway = 100

export function reception({ limits, open }: ReceptionDeps): Reception {
  const sessions = new Set<Session>()
  const byClient = new Map<ClientName, Set<Session>>()
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

  function letIn(accepted: AcceptedConnection): void {
    const { client } = accepted
    const siblings = byClient.get(client) ?? new Set()
    byClient.set(client, siblings)
    if (siblings.size >= limits.maxConnectionsPerClient) endMostSilent(siblings)
    const entered = enter(accepted)
    siblings.add(entered)
    void entered.done.then(() => {
      siblings.delete(entered)
      if (siblings.size === 0 && byClient.get(client) === siblings) byClient.delete(client)
    })
  }

  return {
    sessions,
    get clients() {
      return byClient.size
    },
    admit(accepted) {
      if (isClosed) turnAway(accepted, shuttingDown())
      else if (sessions.size - turnedAway >= limits.maxConnections) turnAway(accepted, full('Too many connections.'))
      else letIn(accepted)
    },
    close() {
      isClosed = true
    },
  }
}

/** The connection most likely to be dead without knowing it. */
function endMostSilent(siblings: Set<Session>): void {
  const [first, ...rest] = siblings
  if (first === undefined) return
  const silent = rest.reduce((most, each) => (each.lastHeard < most.lastHeard ? each : most), first)
  siblings.delete(silent)
  silent.end(full('A newer connection of the same client takes the place of this one.'))
}

const full = (message: string): WatcherError => new WatcherError('OVERLOADED', message)
