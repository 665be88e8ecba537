import type { ChannelId } from '@perun-watcher/core'
import type { GuardedChannels } from '../coverage/send-observer.ts'
import { type Channel, isLockedBy } from './channels/channel.ts'
import type { SimClient } from './client/sim-client.ts'
import type { Acknowledgement } from './client/watches.ts'
import type { Family } from './families.ts'

/** A family with all honest clients that hand in its states. */
export interface Household {
  readonly family: Family
  readonly clients: readonly SimClient[]
}

export function acknowledgedIn({ clients }: Household): readonly Acknowledgement[] {
  return clients.flatMap(({ acknowledged }) => acknowledged)
}

/** The newest state of a channel that was acknowledged to anybody until then. */
export function newestAcknowledged(
  household: Household,
  id: ChannelId,
  atMs = Number.POSITIVE_INFINITY,
): Acknowledgement | undefined {
  return acknowledgedIn(household)
    .filter((ack) => ack.channelId === id && ack.atMs <= atMs)
    .reduce<Acknowledgement | undefined>(
      (best, each) => (best === undefined || each.signed.state.version > best.signed.state.version ? each : best),
      undefined,
    )
}

/** No client watches it any more, though one did. */
function isArchived({ clients }: Household, id: ChannelId, atMs = Number.POSITIVE_INFINITY): boolean {
  const isStopped = ({ archived }: SimClient): boolean => (archived.get(id) ?? Number.POSITIVE_INFINITY) <= atMs
  return clients.some(isStopped) && clients.every((client) => isStopped(client) || !client.isEnrolled(id))
}

/** Nobody watches it and nobody locks it any more: the watcher may have forgotten it. */
export function isReleased(household: Household, channel: Channel, atMs = Number.POSITIVE_INFINITY): boolean {
  if (!isArchived(household, channel.id, atMs)) return false
  const { channels } = household.family
  return channels.every((parent) => {
    const newest = newestAcknowledged(household, parent.id, atMs)
    return newest === undefined || !isLockedBy(newest.signed, channel.id) || isReleased(household, parent, atMs)
  })
}

/** What an onlooker knows of all families. */
export function guardedChannels(households: readonly Household[]): GuardedChannels {
  function homeOf(id: ChannelId): readonly [Household, Channel] | undefined {
    for (const household of households) {
      const channel = household.family.channels.find((each) => each.id === id)
      if (channel !== undefined) return [household, channel]
    }
    return undefined
  }

  return {
    newest(id) {
      const [household] = homeOf(id) ?? []
      const newest = household && newestAcknowledged(household, id)
      return newest && { version: newest.signed.state.version, atMs: newest.atMs }
    },
    isArchived(id) {
      const [household] = homeOf(id) ?? []
      return household !== undefined && isArchived(household, id)
    },
    isVirtual: (id) => homeOf(id)?.[1].kind === 'virtual',
    rootsOf: (id) => homeOf(id)?.[0].family.roots.length ?? 0,
  }
}
