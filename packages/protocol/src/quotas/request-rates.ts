import { type ChannelId, type ClientName, type Clock, WatcherError } from '@perun-watcher/core'
import type { ClientQuotas } from './quotas.ts'
import { rateLimiter } from './rate-limiter.ts'
import type { Rate } from './token-bucket.ts'

/** Limits how often clients make the watcher check a state. Each call takes a token or throws `RATE_LIMITED`. */
export interface RequestRates {
  /** Buckets that are not full. */
  readonly size: number
  /** @param urgent the channel of the state, if it has an open dispute; asked only where the client has used up its rate. */
  state(client: ClientName, quotas: ClientQuotas, urgent: () => ChannelId | undefined): void
  /** Whether it may be found out for a client, once more, if a channel has an open dispute. Never throws. */
  mayLook(client: ClientName): boolean
  /** @param channels how many the client has: after an outage it restarts all of them at once. */
  restart(client: ClientName, quotas: ClientQuotas, channels: number): void
  /** A page of the list of the client's channels, of which it has so many. */
  list(client: ClientName, channels: number): void
}

/** For the states of one channel in an open dispute, once the client has used up its general rate. */
const urgentRate: Rate = { perSecond: 2, burst: 16 }

/** Families may be large, and whoever is refused can ask as fast as it sends. */
const lookRate: Rate = { perSecond: 20, burst: 200 }

/** For the list of a client's channels, of any length once in a while. */
const pageRate: Rate = { perSecond: 2, burst: 16 }
/** About as many come in a page. */
const channelsPerPage = 1_000

export function requestRates(clock: Pick<Clock, 'now'>): RequestRates {
  const [states, urgentStates] = [rateLimiter(clock), rateLimiter(clock)]
  const [restarts, pages, looks] = [rateLimiter(clock), rateLimiter(clock), rateLimiter(clock)]

  return {
    get size() {
      return states.size + urgentStates.size + restarts.size + pages.size + looks.size
    },
    state(client, { publishesPerSecond, publishBurst }, urgent) {
      const waitMs = states.take(client, { perSecond: publishesPerSecond, burst: publishBurst })
      if (waitMs === 0) return
      const channel = urgent()
      const urgentWaitMs = channel === undefined ? waitMs : urgentStates.take(`${client} ${channel}`, urgentRate)
      if (urgentWaitMs > 0) throw rateLimited(client, Math.min(waitMs, urgentWaitMs))
    },
    mayLook: (client) => looks.take(client, lookRate) === 0,
    restart(client, { publishesPerSecond, publishBurst }, channels) {
      const waitMs = restarts.take(client, { perSecond: publishesPerSecond, burst: publishBurst + channels })
      if (waitMs > 0) throw rateLimited(client, waitMs)
    },
    list(client, channels) {
      const { perSecond, burst } = pageRate
      const waitMs = pages.take(client, { perSecond, burst: burst + Math.ceil(channels / channelsPerPage) })
      if (waitMs > 0) throw rateLimited(client, waitMs, 'The client asks for its channels more often than it may.')
    },
  }
}

function rateLimited(
  client: ClientName,
  retryAfterMs: number,
  message = 'The client hands over more states than it may.',
): WatcherError {
  return new WatcherError('RATE_LIMITED', message, {
    details: [`Client ${client}; the next one is taken in ${retryAfterMs} ms.`],
    retryAfterMs,
  })
}
