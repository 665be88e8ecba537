import type { Connection } from '@perun-watcher/protocol/adapter'
import { later } from '../patience.ts'
import { expectAll, message, sendAll } from './messages.ts'
import type { Pair, TransportContext } from './types.ts'

/** A sender of more than a transport may buffer while nobody reads. */
export interface Flood {
  readonly size: number
  /** How many messages it sends: more than may be buffered. */
  readonly count: number
  /** How many the transport has accepted. */
  readonly taken: number
  /** Resolves when all are accepted; rejects when a send fails. */
  readonly done: Promise<void>
}

/** Starts to send in the background. */
export function flood(
  to: Connection,
  { maxMessageBytes, maxBufferedBytes }: Pick<TransportContext, 'maxMessageBytes' | 'maxBufferedBytes'>,
  signal?: AbortSignal,
): Flood {
  const size = Math.min(65_536, maxMessageBytes)
  const count = Math.ceil(maxBufferedBytes / size) + 2
  let taken = 0
  async function send(): Promise<void> {
    for (; taken < count; taken++) await to.send(message(taken, size), { signal })
  }
  const done = later(send())
  return {
    size,
    count,
    get taken() {
      return taken
    },
    done,
  }
}

/**
 * Sends as much over another connection as the flood has: a measure of time that needs no clock. A flood that nothing holds
 * back is over by then.
 */
export async function asMuchElsewhere({ size, count }: Flood, { client, server }: Pair): Promise<void> {
  await Promise.all([sendAll(server, count, size), expectAll(client, count, size)])
}
