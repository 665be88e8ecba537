import { type ChannelId, type ClientName, parseClientName, type SignedState } from '@perun-watcher/core'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Hardship } from '../../world/hardships.ts'
import type { Scheduler } from '../../world/scheduler.ts'
import { short, type Trace } from '../../world/trace.ts'
import { type Channel, isLockedBy } from '../channels/channel.ts'
import type { Family } from '../families.ts'
import type { WatcherHost } from '../watcher-host.ts'
import { network } from './network.ts'
import { type Watches, watches } from './watches.ts'

/** The honest party of a family: hands its states to the watcher, comes back after crashes, stops in the end. */
export interface SimClient
  extends Pick<Watches, 'acknowledged' | 'enrolments' | 'hearings' | 'unread' | 'isCurrent' | 'isEnrolled'> {
  readonly family: Family
  readonly name: ClientName
  /** Its calls that end watches. */
  readonly stops: Watches['calls']
  /** Sub-channels that it stopped before the end, and when. */
  readonly archived: ReadonlyMap<ChannelId, number>
  /** When it stopped which channel, also where it took it up again later. */
  readonly archivals: readonly { readonly channelId: ChannelId; readonly atMs: number }[]
  /** Both parties signed new states: hand them over, in one message. */
  publish(channel: Channel, states: readonly SignedState[]): void
  start(): void
  /** Stops one sub-channel for good, unless its parent locks it again. */
  archive(channel: Channel): void
  /** Tries to stop the root before its children. */
  stopTooEarly(): void
  /** Its device is off for so long. */
  sleep(forMs: number): void
  /** Stops every watch, children first; repeats until the watcher agrees. */
  leave(): void
  readonly hasLeft: boolean
}

export interface SimClientDeps {
  readonly time: Scheduler
  readonly dice: Dice
  readonly trace: Trace
  readonly host: WatcherHost
  readonly is: (hardship: Hardship) => boolean
  /** It forgets nothing, is there whenever the watcher is, and does nothing twice. */
  readonly isSteady: boolean
  /** How fast its chain goes, and with it everything else. */
  readonly scale: number
}

const minute = 60_000

/** @param nameInput tells it from every other client of the watcher. */
export function simClient(family: Family, nameInput: string, deps: SimClientDeps): SimClient {
  const { time, dice, trace, host, isSteady, scale } = deps
  const name = parseClientName(nameInput)
  const own = watches(family, name, deps)
  const deliver = network(deps)
  const archived = new Map<ChannelId, number>()
  const archivals: { readonly channelId: ChannelId; readonly atMs: number }[] = []
  /** A device that does not come back at once when the watcher does. */
  const isSleepy = dice.chance(0.3) && !isSteady
  let lastRun = 0
  let asleepUntilMs = 0
  /** Channels that it thinks of only late, though their parent may lock them by then. */
  const forgottenUntilMs = dice.chance(0.6) && !isSteady ? scale * dice.int(5, 30) * minute : 0
  let hasStarted = false
  let isLeaving = false

  function takeBack(signed: SignedState): void {
    for (const id of archived.keys()) if (isLockedBy(signed, id)) archived.delete(id)
  }

  function tendChannel(channel: Channel): void {
    const { newestKnown: newest, id } = channel
    if (archived.has(id) || (family.lateChild?.id === id && time.now < forgottenUntilMs)) return
    if (!own.isCurrent(id) || (!isSteady && dice.chance(0.01))) {
      deliver(() => {
        if (!isLeaving && !archived.has(id)) own.start(channel, true)
      })
    } else if (!own.acknowledged.some(({ signed }) => signed === newest)) {
      deliver(() => own.publish(channel, newest))
    }
  }

  /** Watches what is not watched and repeats what was not acknowledged. */
  function tend(): void {
    if (isLeaving) return
    if (host.run !== lastRun) {
      if (isSleepy && lastRun > 0) asleepUntilMs = time.now + scale * dice.int(1, 20) * minute
      lastRun = host.run
    }
    if (time.now >= asleepUntilMs) for (const channel of family.channels) tendChannel(channel)
    time.after(dice.int(5_000, 15_000), tend)
  }

  async function leave(): Promise<void> {
    isLeaving = true
    const last = family.channels.findLast(({ id }) => own.attempted.has(id))
    if (last === undefined) return
    if (await end(last)) await leave()
    else time.after(3_000, leaveSoon)
  }

  async function end(channel: Channel): Promise<boolean> {
    if (own.isCurrent(channel.id)) return own.isSettled(channel.id) && (await own.stop(channel))
    // The watch died with its process: end it by name, or take it up again in order to end it.
    if (dice.chance(0.5)) return own.forget(channel)
    for (const each of family.channels) if (own.attempted.has(each.id)) own.start(each)
    return false
  }

  function leaveSoon(): void {
    leave().catch((error: unknown) => trace.violate(`a client could not leave: ${String(error)}`))
  }

  async function archive(channel: Channel): Promise<void> {
    if (!own.isSettled(channel.id) || !(await own.stop(channel))) return
    trace.say(`archived ${short(channel.id)}`)
    archived.set(channel.id, time.now)
    archivals.push({ channelId: channel.id, atMs: time.now })
  }

  return {
    family,
    name,
    acknowledged: own.acknowledged,
    enrolments: own.enrolments,
    stops: own.calls,
    hearings: own.hearings,
    unread: own.unread,
    isCurrent: own.isCurrent,
    isEnrolled: own.isEnrolled,
    archived,
    archivals,
    publish(channel, states) {
      for (const signed of states) takeBack(signed)
      deliver(() => {
        for (const signed of states) own.publish(channel, signed)
      })
    },
    start() {
      if (hasStarted) return
      hasStarted = true
      tend()
    },
    archive(channel) {
      archive(channel).catch((error: unknown) => trace.violate(`a channel could not be archived: ${String(error)}`))
    },
    stopTooEarly() {
      const { root } = family
      const hasChildren = family.channels.some(({ id }) => family.parentOf.get(id) === root && own.isSettled(id))
      if (!hasChildren || !own.isSettled(root.id)) return
      own.stop(root).then(
        (isStopped) => {
          if (isStopped) trace.violate(`${short(root.id)} was stopped although its children are watched`)
        },
        (error: unknown) => trace.violate(String(error)),
      )
    },
    sleep(forMs) {
      asleepUntilMs = time.now + forMs
    },
    leave: leaveSoon,
    get hasLeft() {
      return isLeaving && own.attempted.size === 0
    },
  }
}
