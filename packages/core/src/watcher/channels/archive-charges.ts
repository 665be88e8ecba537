import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { ChannelSummary } from '../../spi/store.ts'
import { hasSameItems, none } from '../../store/summary.ts'
import { type ClientUsages, type Counted, usageCounter } from './usage-counter.ts'

type Charged = Pick<ChannelSummary, 'id' | 'clients' | 'bytes' | 'historyBytes'>

/** The links between channels, as they are at the moment. */
export interface Locks<C extends Charged> {
  get(id: ChannelId): C | undefined
  lockersOf(id: ChannelId): readonly C[]
  locksOf(channel: C): readonly ChannelId[]
}

/**
 * Whom the channels are charged to, so that each is charged to somebody: a channel to its clients; an archived one, which has
 * none, to the clients of every channel whose kept states lock it, directly or through archived ones.
 */
export interface ArchiveCharges<C extends Charged> {
  readonly usage: ClientUsages
  /** Whom a channel is charged to, each once. */
  payersOf(id: ChannelId): readonly ClientName[]
  /**
   * A channel changed, and the links with it. `undefined`: it was not there, or is gone.
   *
   * @param hasSameLocks it locks what it locked before
   */
  replace(before: C | undefined, after: C | undefined, hasSameLocks: boolean): void
}

const isArchived = (channel: Charged | undefined): boolean => channel?.clients.length === 0

/** @returns whether any was missing. */
function addAll<T>(to: Set<T> | undefined, items: Iterable<T>): boolean {
  const size = to?.size
  for (const item of items) to?.add(item)
  return to?.size !== size
}

export function archiveCharges<C extends Charged>({ get, lockersOf, locksOf }: Locks<C>): ArchiveCharges<C> {
  const usage = usageCounter()
  /** Of archived channels only, and only where there are any: most of a million channels are not archived. */
  const payers = new Map<ChannelId, readonly ClientName[]>()

  function payersOf(channel: C | undefined): readonly ClientName[] {
    if (channel === undefined) return none
    return isArchived(channel) ? (payers.get(channel.id) ?? none) : channel.clients
  }

  function counted(channel: C | undefined, clients = payersOf(channel)): Counted | undefined {
    if (channel === undefined || !isArchived(channel)) return channel
    return { bytes: channel.bytes, historyBytes: channel.historyBytes, clients }
  }

  /** Where the payers of archived channels may have changed because of this one. */
  function touched(before: C | undefined, after: C | undefined, hasSameLocks: boolean): readonly ChannelId[] {
    const isLeft = after !== undefined && isArchived(after) && !isArchived(before)
    const below = touchedBelow(before, after, hasSameLocks)
    return isLeft ? [after.id, ...below] : below
  }

  function touchedBelow(before: C | undefined, after: C | undefined, hasSameLocks: boolean): readonly ChannelId[] {
    const hasSameClients = hasSameItems(before?.clients ?? none, after?.clients ?? none)
    if (hasSameLocks && hasSameClients) return none
    const was = before === undefined ? none : locksOf(before)
    const is = after === undefined ? none : locksOf(after)
    if (!hasSameClients) return [...was, ...is]
    if (was === is) return none
    const [old, current] = [new Set(was), new Set(is)]
    return [...was.filter((id) => !current.has(id)), ...is.filter((id) => !old.has(id))]
  }

  /** The archived channels among these and below them, through archived ones. */
  function archivedFrom(start: readonly ChannelId[]): ReadonlyMap<ChannelId, C> {
    const found = new Map<ChannelId, C>()
    const open = [...start]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const channel = get(id)
      if (channel === undefined || found.has(id) || !isArchived(channel)) continue
      found.set(id, channel)
      for (const locked of locksOf(channel)) open.push(locked)
    }
    return found
  }

  /** Who pays for these: first by the locks from elsewhere, then by those among them, until nothing changes. */
  function payersAmong(archived: ReadonlyMap<ChannelId, C>): ReadonlyMap<C, ReadonlySet<ClientName>> {
    const found = new Map<C, Set<ClientName>>()
    for (const channel of archived.values()) {
      const outside = lockersOf(channel.id).filter((locker) => !archived.has(locker.id))
      found.set(channel, new Set(outside.flatMap(payersOf)))
    }
    const open = [...found.keys()]
    for (let channel = open.pop(); channel !== undefined; channel = open.pop()) {
      const own = found.get(channel)
      const below = locksOf(channel).flatMap((id) => archived.get(id) ?? [])
      if (own !== undefined) open.push(...below.filter((each) => addAll(found.get(each), own)))
    }
    return found
  }

  /** @returns whom the channel was charged to. */
  function setPayers(id: ChannelId, found: ReadonlySet<ClientName>): readonly ClientName[] {
    const paid = payers.get(id) ?? none
    if (found.size === 0) payers.delete(id)
    else if (paid.length !== found.size || !paid.every((client) => found.has(client))) payers.set(id, [...found])
    return paid
  }

  /** Finds anew whom these and what is archived below them are charged to. @returns them, with whom they were charged to. */
  function follow(start: readonly ChannelId[]): readonly (readonly [C, readonly ClientName[]])[] {
    const found = payersAmong(archivedFrom(start))
    return [...found].map(([channel, clients]) => [channel, setPayers(channel.id, clients)])
  }

  return {
    usage,
    payersOf: (id) => payersOf(get(id)),
    replace(before, after, hasSameLocks) {
      const own = counted(before)
      const start = touched(before, after, hasSameLocks)
      if (before !== undefined && !isArchived(after)) payers.delete(before.id)
      const others = start.length === 0 ? none : follow(start)
      // A client has the channel itself before those that it pays for because of it: never none in between.
      usage.replace(own, counted(after))
      for (const [channel, paid] of others) {
        if (channel !== after) usage.replace(counted(channel, paid), counted(channel))
      }
    },
  }
}
