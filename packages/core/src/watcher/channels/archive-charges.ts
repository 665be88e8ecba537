import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { ChannelSummary } from '../../spi/store.ts'
import { hasSameItems, none } from '../../store/summary.ts'
import { type Chargeable, isLeft, type LineCharge, lineCharges, payersIn } from './line-charges.ts'
import { type ClientUsages, usageCounter } from './usage-counter.ts'

type Charged = Chargeable & Pick<ChannelSummary, 'id'>

/** The links between channels, as they are at the moment. */
export interface Locks<C extends Charged> {
  get(id: ChannelId): C | undefined
  lockersOf(id: ChannelId): readonly C[]
  locksOf(channel: C): readonly ChannelId[]
}

/**
 * Whom the channels are charged to, line by line: to the clients who gave us its states (`line-charges.ts`). An archived
 * channel, which has no clients, is charged to those of every channel whose kept states lock it, directly or through archived
 * ones; so is a line that those who brought it have left.
 */
export interface ArchiveCharges<C extends Charged> {
  readonly usage: ClientUsages
  /** Whom a channel is charged to, each once. */
  payersOf(id: ChannelId): readonly ClientName[]
  /** What each line of a channel takes, and whom it is charged to. */
  chargesOf(id: ChannelId): readonly LineCharge[]
  /**
   * A channel changed, and the links with it. `undefined`: it was not there, or is gone.
   *
   * @param hasSameLocks it locks what it locked before
   */
  replace(before: C | undefined, after: C | undefined, hasSameLocks: boolean): void
}

const isArchived = (channel: Charged): boolean => channel.clients.length === 0

/** Whether two forms of one channel are charged to the same for the same. */
function isChargedAlike(before: Charged | undefined, after: Charged | undefined): boolean {
  if (before === undefined || after === undefined) return false
  const isAsLarge = before.bytes === after.bytes && before.historyBytes === after.historyBytes
  return isAsLarge && before.clients === after.clients && before.otherLines === after.otherLines
}

/** @returns whether any was missing. */
function addAll<T>(to: Set<T> | undefined, items: Iterable<T>): boolean {
  const size = to?.size
  for (const item of items) to?.add(item)
  return to?.size !== size
}

export function archiveCharges<C extends Charged>({ get, lockersOf, locksOf }: Locks<C>): ArchiveCharges<C> {
  const usage = usageCounter()
  /** Those above, of channels with a line that was left only: of a million channels nearly none is. */
  const payers = new Map<ChannelId, readonly ClientName[]>()

  const aboveOf = ({ id }: C): readonly ClientName[] => payers.get(id) ?? none

  /** Whom what the channel locks is charged to, where nobody else has a part in that. */
  function heirsOf(channel: C): readonly ClientName[] {
    return isArchived(channel) ? aboveOf(channel) : channel.clients
  }

  function counted(channel: C | undefined, above?: readonly ClientName[]): readonly LineCharge[] {
    return channel === undefined ? none : lineCharges(channel, above ?? aboveOf(channel))
  }

  /** Where the payers of archived channels may have changed because of this one. */
  function touched(before: C | undefined, after: C | undefined, hasSameLocks: boolean): readonly ChannelId[] {
    const below = touchedBelow(before, after, hasSameLocks)
    const isLeftNow = after !== undefined && isLeft(after) && (before === undefined || !isLeft(before))
    return isLeftNow ? [after.id, ...below] : below
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

  /** The channels with a line that was left among these and below them, through archived ones. */
  function leftFrom(start: readonly ChannelId[]): ReadonlyMap<ChannelId, C> {
    const found = new Map<ChannelId, C>()
    const open = [...start]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const channel = get(id)
      if (channel === undefined || found.has(id) || !isLeft(channel)) continue
      found.set(id, channel)
      if (isArchived(channel)) for (const locked of locksOf(channel)) open.push(locked)
    }
    return found
  }

  /** Who pays for these: first by the locks from elsewhere, then by those among them, until nothing changes. */
  function payersAmong(left: ReadonlyMap<ChannelId, C>): ReadonlyMap<C, ReadonlySet<ClientName>> {
    const found = new Map<C, Set<ClientName>>()
    for (const channel of left.values()) {
      const outside = lockersOf(channel.id).filter((locker) => !left.has(locker.id) || !isArchived(locker))
      found.set(channel, new Set(outside.flatMap(heirsOf)))
    }
    const open = [...found.keys()]
    for (let channel = open.pop(); channel !== undefined; channel = open.pop()) {
      const own = isArchived(channel) ? found.get(channel) : undefined
      const below = own === undefined ? none : locksOf(channel).flatMap((id) => left.get(id) ?? [])
      if (own !== undefined) open.push(...below.filter((each) => addAll(found.get(each), own)))
    }
    return found
  }

  /** @returns who was above the channel. */
  function setPayers(id: ChannelId, found: ReadonlySet<ClientName>): readonly ClientName[] {
    const paid = payers.get(id) ?? none
    if (found.size === 0) payers.delete(id)
    else if (paid.length !== found.size || !paid.every((client) => found.has(client))) payers.set(id, [...found])
    return paid
  }

  /** Finds anew who is above these and what is archived below them. @returns them, with who was above. */
  function follow(start: readonly ChannelId[]): readonly (readonly [C, readonly ClientName[]])[] {
    const found = payersAmong(leftFrom(start))
    return [...found].map(([channel, clients]) => [channel, setPayers(channel.id, clients)])
  }

  return {
    usage,
    payersOf: (id) => payersIn(counted(get(id))),
    chargesOf: (id) => counted(get(id)),
    replace(before, after, hasSameLocks) {
      // Nearly always so, and this is asked for every state that is published.
      if (hasSameLocks && isChargedAlike(before, after)) return
      const own = counted(before)
      const start = touched(before, after, hasSameLocks)
      if (before !== undefined && !(after !== undefined && isLeft(after))) payers.delete(before.id)
      const others = start.length === 0 ? none : follow(start)
      // A client has the channel itself before those that it pays for because of it: never none in between.
      usage.replace(own, counted(after))
      for (const [channel, paid] of others) {
        if (channel !== after) usage.replace(counted(channel, paid), counted(channel))
      }
    },
  }
}
