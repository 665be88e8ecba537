import type { Connection } from '@perun-watcher/protocol/adapter'
import { later } from '../patience.ts'
import { expectAll, message, sendAll } from './messages.ts'
import type { Pair, TransportContext } from './types.ts'

/** Somebody who sends more than a transport may take in while nobody reads. */
export interface Flood {
  readonly size: number
  /** More than may be taken in. */
  readonly count: number
  /** How many were taken in. */
  readonly taken: number
  /** Ends when all are taken in, or with the failure of a send. */
  readonly done: Promise<void>
}

/** Begins to send; nothing is waited for. */
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
 * Lets as much pass in one direction of a connection as the flood has: a measure for how long one has waited that needs
 * no clock. A flood that nothing holds back is over by then.
 */
export async function asMuchElsewhere({ size, count }: Flood, { client, server }: Pair): Promise<void> {
  await Promise.all([sendAll(server, count, size), expectAll(client, count, size)])
}
