import { type ClientName, WatcherError } from '@perun-watcher/core'
import type { ClientQuotas, TotalQuotas } from './quotas.ts'
import type { QuotaUsage } from './reservations.ts'

/** What a client asks for beyond what it has. */
export interface Demand {
  readonly client: ClientName
  /** What it has, together with what its requests in flight may add. */
  readonly used: QuotaUsage
  /** What the request adds; not negative. */
  readonly growth: QuotaUsage
  /** Whether the request is needed in an open dispute; asked only where that matters. */
  readonly isUrgent: () => boolean
}

/**
 * How many channels beyond its quota a client may add for an open dispute: more than a tree can have, so that no quota keeps
 * a sub-channel from being defended, and too few to be a way around the quota.
 */
const urgentChannels = 64

/**
 * Checks a client's demand against its quotas. A client that asks for nothing more is never refused, however much it has:
 * lowering a quota takes nothing away.
 *
 * @throws WatcherError `QUOTA_EXCEEDED`
 */
export function checkQuotas({ client, used, growth, isUrgent }: Demand, quotas: ClientQuotas): void {
  const channelsBeyond = growth.channels > 0 ? used.channels + growth.channels - quotas.channels : 0
  if (channelsBeyond > 0 && (channelsBeyond > urgentChannels || !isUrgent())) {
    throw exceeded('The client watches as many channels as it may.', [
      `Client ${client} has ${used.channels} channels; its quota is ${quotas.channels}.`,
    ])
  }
  // A state needed in an open dispute may have any size: there is one per channel, and channels are counted.
  if (growth.bytes > 0 && used.bytes + growth.bytes > quotas.storedBytes && !isUrgent()) {
    throw exceeded('The states of the client are as large as they may be.', [
      `Client ${client} has ${used.bytes} bytes and asks for ${growth.bytes} more; its quota is ${quotas.storedBytes}.`,
    ])
  }
}

/** What all clients have together. */
export interface Total {
  readonly channels: number
  readonly clients: number
  /** As in {@link Demand}: no total keeps a channel from being defended. */
  readonly isUrgent: () => boolean
}

/** @throws WatcherError `QUOTA_EXCEEDED` */
export function checkTotal(total: Total, quotas: TotalQuotas, isNewClient: boolean): void {
  if (total.channels >= quotas.channels && !total.isUrgent()) {
    throw exceeded('The watcher guards as many channels as it may.', [`It guards ${total.channels} channels.`])
  }
  if (isNewClient && total.clients >= quotas.clients && !total.isUrgent()) {
    throw exceeded('The watcher has as many clients as it may.', [`It has ${total.clients} clients.`])
  }
}

function exceeded(message: string, details: readonly string[]): WatcherError {
  return new WatcherError('QUOTA_EXCEEDED', message, { details })
}
