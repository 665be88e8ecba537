import type { SignedState } from '@perun-watcher/core'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import { type Channel, isLockedBy, type StateChange } from '../parties/channels/channel.ts'
import type { Cheater } from '../parties/cheater/cheater.ts'
import type { SimClient } from '../parties/client/sim-client.ts'
import { childrenOf, type Family, lockedChildren } from '../parties/families.ts'
import type { Nuisance } from '../parties/nuisance.ts'
import type { Tenant } from '../parties/tenant.ts'
import type { Ledger } from '../world/ledger.ts'
import type { Scheduler } from '../world/scheduler.ts'
import type { Omission } from './options.ts'

const minute = 60_000

export interface LifeDeps {
  readonly time: Scheduler
  readonly dice: Dice
  /** States are published and cheats are played until then. */
  readonly activeMs: number
  /** How fast everything goes; 1 as usual. */
  readonly scale: number
  readonly without: readonly Omission[]
  readonly family: Family
  readonly ledger: Ledger
  readonly client: SimClient
  /** The same party's other device, which leaves before the end. */
  readonly guest: SimClient | undefined
  readonly villain: Cheater
  readonly nuisance: Nuisance | undefined
  readonly tenant: Tenant | undefined
  /** After each move of the cheater. */
  readonly onCheat: () => void
}

/** What happens to one family: its parties publish for a while, somebody cheats meanwhile, and concludes to the end. */
export function live(deps: LifeDeps): void {
  const { time, client, guest, villain, nuisance, scale } = deps
  const { dice, activeMs, without, family } = deps

  function every(leastMs: number, mostMs: number, act: () => void, untilMs = activeMs): void {
    const next = (): void => {
      if (time.now >= untilMs) return
      act()
      time.after(scale * dice.int(leastMs, mostMs), next)
    }
    time.after(scale * dice.int(leastMs, mostMs), next)
  }

  // Some families fall silent: then nothing but the chain makes the watcher look at them.
  const publishedUntilMs = dice.chance(0.25) ? activeMs * dice.next() : activeMs
  time.after(scale * dice.int(0, 5 * minute), () => {
    client.start()
    guest?.start()
    // Where a child comes late, there must be several states of the parent before.
    every(
      1_000,
      (family.lateChild === undefined ? 4 : 1) * minute,
      () => publish(deps, [client, ...(guest && !guest.hasLeft ? [guest] : [])]),
      publishedUntilMs,
    )
  })
  publishWithoutPause(deps)
  every(5_000, 8 * minute, () => {
    villain.move()
    deps.onCheat()
  })
  every(10_000, 3 * minute, villain.conclude, Number.POSITIVE_INFINITY)
  every(20_000, 4 * minute, () => nuisance?.act())
  every(1_000, 2 * minute, () => deps.tenant?.act())
  every(minute, 20 * minute, client.stopTooEarly)
  if (guest !== undefined) leaveEarly(deps, guest)
  if (!without.includes('archives')) every(2 * minute, 20 * minute, () => archiveSomething(deps))
}

/** The guest goes once the other device has all that there is: what only a leaving client knew, leaves with it. */
function leaveEarly({ time, dice, client, family, activeMs, scale }: LifeDeps, guest: SimClient): void {
  const tryToLeave = (): void => {
    const isCovered = family.channels.every(({ id }) => client.isCurrent(id) || client.archived.has(id))
    if (isCovered || time.now > activeMs) guest.leave()
    else time.after(10_000, tryToLeave)
  }
  time.after(dice.int(Math.min(activeMs, 5 * scale * minute), activeMs), tryToLeave)
}

/** Some clients hand in a state with every block for a while, whatever is disputed meanwhile. */
function publishWithoutPause({ time, dice, family, client, activeMs, scale }: LifeDeps): void {
  const own = dice.fork('busy')
  if (!own.chance(0.08)) return
  const fromMs = own.int(0, activeMs)
  const untilMs = Math.min(activeMs, fromMs + scale * own.int(10, 20) * minute)
  // With the locks that it has.
  const publishOne = (): void => {
    if (time.now >= untilMs) return
    const channel = own.pick(family.channels)
    if (!channel.newest.state.isFinal && client.isEnrolled(channel.id)) client.publish(channel, [channel.update({})])
    time.after(scale * own.int(2_000, 12_000), publishOne)
  }
  time.after(fromMs, publishOne)
}

function archiveSomething({ dice, client, family }: LifeDeps): void {
  const locked = family.channels.filter((channel) => {
    const parent = family.parentOf.get(channel.id)
    const hasChildren = childrenOf(family, channel).length > 0
    return parent !== undefined && !hasChildren && isLockedBy(parent.newest, channel.id)
  })
  if (locked.length > 0) client.archive(dice.pick(locked))
}

function publish({ time, dice, family, ledger }: LifeDeps, clients: readonly SimClient[]): void {
  const isParentFirst = family.lateChild !== undefined && dice.chance(0.6)
  const channel = isParentFirst ? family.root : dice.pick(family.channels)
  if (channel.newest.state.isFinal) return
  const skip = dice.chance(0.2) ? dice.int(1, 3) : 0
  const next = change(channel, family, dice)
  // Either device may be the one that hands it in.
  const publishers = dice.chance(0.5) ? clients : [dice.pick(clients)]
  const handIn = (...states: readonly SignedState[]): void => {
    for (const client of publishers) client.publish(channel, states)
  }
  if (isPlayed(channel, ledger) && dice.chance(0.3)) {
    // They agree after all; what the app was played to on the chain may have a higher version by then.
    handIn(channel.update({ locks: [], isFinal: true }))
    return
  }
  const signed = channel.update({ skip, ...next })
  if (!next.isSecret) handIn(signed, ...burst(channel, next, dice))
  // Both parties notice their mistake before long.
  const correct = (): void => {
    if (!channel.newest.state.isFinal) handIn(channel.update({}))
  }
  if (next.hasWrongLocks) time.after(dice.int(10_000, 3 * minute), correct)
}

function isPlayed({ id, kind }: Channel, ledger: Ledger): boolean {
  return kind === 'ledger' && ledger.dispute(id)?.phase === 'forceExec'
}

/** Some clients hand in several states at once. */
function burst(channel: Channel, { isFinal = false, hasWrongLocks = false }: StateChange, dice: Dice) {
  if (isFinal || hasWrongLocks || !dice.chance(0.15)) return []
  return Array.from({ length: dice.int(1, 4) }, () => channel.update({}))
}

function change(channel: Channel, family: Family, dice: Dice): StateChange {
  if (channel.isTheirs) return { isSecret: dice.chance(0.5) }
  const children = childrenOf(family, channel)
  const relocked = children.length === 0 ? undefined : relock(channel, children, family, dice)
  return relocked ?? { isFinal: dice.chance(0.05) }
}

/** What a parent locks from now on. */
function relock(channel: Channel, children: readonly Channel[], family: Family, dice: Dice): StateChange | undefined {
  const locked = lockedChildren(family, channel)
  if (family.isRolling && dice.chance(0.4)) return { locks: rolled(children, locked, dice) }
  if (channel !== family.root) return undefined
  if (locked.length === 0) {
    return dice.chance(family.lateChild === undefined ? 0.5 : 0.2) ? { locks: children } : undefined
  }
  if (dice.chance(0.1)) return { locks: [] }
  return dice.chance(0.03) ? { hasWrongLocks: true } : undefined
}

/** One child comes or goes; the others stay. */
function rolled(children: readonly Channel[], locked: readonly Channel[], dice: Dice): readonly Channel[] {
  const one = dice.pick(children)
  return children.filter((each) => (each === one ? !locked.includes(each) : locked.includes(each)))
}
