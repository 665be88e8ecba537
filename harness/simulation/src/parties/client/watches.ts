import { type ChannelId, type ClientName, hasCode, isWatcherError, type SignedState } from '@perun-watcher/core'
import type { EngineWatch } from '@perun-watcher/core/adapter'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import { milestoneOf } from '../../coverage/milestones.ts'
import type { Scheduler } from '../../world/scheduler.ts'
import { describeStates, short, type Trace } from '../../world/trace.ts'
import type { Channel } from '../channels/channel.ts'
import type { Family } from '../families.ts'
import type { WatcherHost } from '../watcher-host.ts'
import { type Hearing, type Listener, listeners, type UnreadQueue } from './listeners.ts'

/** An acknowledgement that a client got. */
export interface Acknowledgement {
  readonly channelId: ChannelId
  readonly signed: SignedState
  readonly atMs: number
  /** Because a newer one was stored; it may never have been stored itself. */
  readonly isSuperseded: boolean
}

/** From when to when the watcher surely guarded a channel for the client. */
export interface Enrolment {
  readonly channelId: ChannelId
  readonly fromMs: number
  /** When it was asked to stop; also where the stop failed, since nobody knows what it left. */
  untilMs: number
}

/** A call that ends a watch or a registration. */
export interface Stop {
  readonly channelId: ChannelId
  readonly askedMs: number
  /** Or when the process died that was asked; `undefined`: it has not been answered yet. */
  answeredMs: number | undefined
}

/** So long after a failed stop the watcher must have settled with its store who is enrolled. */
const settledMs = 240_000

interface Handle {
  readonly run: number
  readonly watch: EngineWatch
}

/** A client's watches in the run of the watcher that is up now. */
export interface Watches {
  readonly acknowledged: readonly Acknowledgement[]
  readonly enrolments: readonly Enrolment[]
  readonly calls: readonly Stop[]
  readonly hearings: readonly Hearing[]
  readonly unread: readonly UnreadQueue[]
  /** Channels whose watch was asked for, even if the answer was lost in a crash, and not ended since. */
  readonly attempted: ReadonlySet<ChannelId>
  isCurrent(id: ChannelId): boolean
  /** Whether exactly one watch of the channel is open, and no call about it is under way. */
  isSettled(id: ChannelId): boolean
  /** Starts a watch, if the parent is watched; `again`: also where there is one. */
  start(channel: Channel, again?: boolean): void
  publish(channel: Channel, signed: SignedState): void
  /** Whether the watcher surely guards the channel for this client: also while it is down, or after it came back. */
  isEnrolled(id: ChannelId): boolean
  /** Ends the open watch of a channel. @returns whether it ended. */
  stop(channel: Channel): Promise<boolean>
  /** Ends by name what it may have started in an earlier run of the watcher. @returns whether it ended. */
  forget(channel: Channel): Promise<boolean>
}

export interface WatchesDeps {
  readonly time: Scheduler
  readonly dice: Dice
  readonly trace: Trace
  readonly host: WatcherHost
}

/** @param client whose watches they are. */
export function watches(family: Family, client: ClientName, deps: WatchesDeps): Watches {
  const { time, trace, host } = deps
  const acknowledged: Acknowledgement[] = []
  const hearings: Hearing[] = []
  const handles = new Map<ChannelId, Handle>()
  const starting = new Set<ChannelId>()
  const attempted = new Set<ChannelId>()
  const enrolled = new Set<ChannelId>()
  const enrolments: Enrolment[] = []
  const calls: Stop[] = []
  /** Runs and channels whose last watch is being stopped. */
  const stopping = new Set<string>()
  /** Calls under way that open or close a watch. A crash leaves some without an answer. */
  const underWay = new Map<string, number>()
  /** States that the watcher refused because it holds another one with the same version. */
  const inConflict = new Set<SignedState>()
  /** The newest version that arrived at the watcher. */
  const arrived = new Map<ChannelId, bigint>()
  const listening = listeners({ time, trace, dice: deps.dice.fork('ears') })
  /** Counts the stops of a channel, also those that failed or were never answered. */
  const stops = new Map<ChannelId, number>()

  function current(id: ChannelId): Handle | undefined {
    const handle = handles.get(id)
    return handle?.run === host.run ? handle : undefined
  }

  const callKey = (id: ChannelId): string => `${host.run} ${id}`

  /** Notes a call until it ends. */
  async function noting(id: ChannelId, call: Promise<void>): Promise<void> {
    const key = callKey(id)
    underWay.set(key, (underWay.get(key) ?? 0) + 1)
    await call.finally(() => underWay.set(key, (underWay.get(key) ?? 0) - 1))
  }

  function acknowledge(signed: SignedState): void {
    const { channelId, version } = signed.state
    const isOlder = acknowledged.some(
      ({ signed: { state } }) => state.channelId === channelId && state.version > version,
    )
    if (isOlder) trace.meet('rule: superseded state acknowledged')
    acknowledged.push({ channelId, signed, atMs: time.now, isSuperseded: isOlder })
    trace.say(`acknowledged ${describeStates([signed])}`)
  }

  function refused(what: string, signed: SignedState, error: unknown): void {
    const code = isWatcherError(error) ? error.code : String(error)
    trace.say(`${what} of ${describeStates([signed])} refused: ${code}`)
    const milestone = milestoneOf(`rule: refused ${code}`)
    if (milestone !== undefined) trace.meet(milestone)
    if (code === 'VERSION_CONFLICT') inConflict.add(signed)
    if (code === 'SUB_CHANNELS_WATCHED') trace.meet('rule: parent not stopped before its children')
  }

  /** A newer watch took its place. */
  function close(channel: Channel, handle: Handle): void {
    noting(channel.id, handle.watch.stop()).catch((error: unknown) => {
      refused('stop', channel.newest, error)
      time.after(3_000, () => {
        if (handle.run === host.run) close(channel, handle)
      })
    })
  }

  function started(channel: Channel, watch: EngineWatch, { heard, open }: Listener): void {
    const { id } = channel
    const before = current(id)
    if (before !== undefined) {
      close(channel, before)
      trace.meet('rule: watch restarted')
    }
    handles.set(id, { run: host.run, watch })
    // The answer may have taken so long that a stop by name came before it.
    attempted.add(id)
    if (!enrolled.has(id)) enrolments.push({ channelId: id, fromMs: time.now, untilMs: Number.POSITIVE_INFINITY })
    enrolled.add(id)
    for (const hearing of hearings) if (hearing.channelId === id) hearing.isOver = true
    const { run } = host
    const enrolment = stops.get(id) ?? 0
    const hearing: Hearing = { channelId: id, run, sinceMs: time.now, heard, enrolment, isOver: false }
    hearings.push(hearing)
    open(watch, () => run === host.run && !hearing.isOver)
  }

  /** Where the watcher learnt the other state with this version from the chain, only that one is welcome. */
  function currentState({ id, newestKnown: newest, strays }: Channel): SignedState {
    const rival = inConflict.has(newest)
      ? strays.findLast(({ state }) => state.version === newest.state.version)
      : undefined
    if (rival !== undefined) trace.say(`${describeStates([rival])} is a rival that the watcher holds, ${short(id)}`)
    return rival ?? newest
  }

  function start(channel: Channel, again = false): void {
    const { engine, run } = host
    const { id } = channel
    const newest = currentState(channel)
    const isIdle = again || current(id) === undefined
    if (engine === undefined || starting.has(id) || stopping.has(callKey(id)) || !isIdle) return
    const parent = family.parentOf.get(id)
    if (parent !== undefined && current(parent.id) === undefined) return
    const listener = listening.listen()
    starting.add(id)
    attempted.add(id)
    const begun = engine
      .startWatching(newest, listener.sink, { parent: parent?.id, client })
      .then(
        (watch) => {
          if (run !== host.run) return
          started(channel, watch, listener)
          acknowledge(newest)
        },
        (error: unknown) => refused('start', newest, error),
      )
      .finally(() => starting.delete(id))
    noting(id, begun).catch((error: unknown) => refused('start', newest, error))
    // A crash leaves the call without an answer.
    time.after(20_000, () => starting.delete(id))
  }

  /** A stop failed: the watch goes on, and perhaps with another count. */
  function goOn(id: ChannelId): void {
    for (const hearing of hearings) {
      const isOpen = hearing.channelId === id && hearing.run === host.run && !hearing.isOver
      if (isOpen) hearing.enrolment = stops.get(id) ?? 0
    }
  }

  /** The client asks to be let go. @returns what makes it enrolled again, where the watcher refuses and nothing has changed. */
  function leave(id: ChannelId): () => void {
    if (!enrolled.delete(id)) return () => {}
    const enrolment = enrolments.findLast(({ channelId }) => channelId === id)
    if (enrolment !== undefined) enrolment.untilMs = time.now
    return () => {
      enrolled.add(id)
      if (enrolment !== undefined) enrolment.untilMs = Number.POSITIVE_INFINITY
    }
  }

  /** A stop failed, and nobody knows what it left: but the watcher has to make good what was told to the client. */
  function stayAfterAWhile(id: ChannelId): void {
    const { run } = host
    const count = stops.get(id)
    time.after(settledMs, () => {
      if (host.run !== run || stops.get(id) !== count || enrolled.has(id) || current(id) === undefined) return
      enrolled.add(id)
      enrolments.push({ channelId: id, fromMs: time.now, untilMs: Number.POSITIVE_INFINITY })
    })
  }

  /** Ends a registration, in whatever way, once no other call about the channel is under way. */
  async function end(channel: Channel, call: () => Promise<void>): Promise<boolean> {
    const { id } = channel
    const asked = time.now
    const key = callKey(id)
    const stay = leave(id)
    stops.set(id, (stops.get(id) ?? 0) + 1)
    stopping.add(key)
    const mine: Stop = { channelId: id, askedMs: asked, answeredMs: undefined }
    calls.push(mine)
    let forgetCrash = (): void => {}
    const death = new Promise<'died'>((resolve) => {
      forgetCrash = host.onEnd(() => {
        mine.answeredMs ??= time.now
        resolve('died')
      })
    })
    try {
      // A dead process answers nothing.
      if ((await Promise.race([noting(id, call()), death])) === 'died') return false
    } catch (error) {
      refused('stop', channel.newest, error)
      // A refusal changes nothing; of a failure nobody knows.
      if (hasCode(error, 'SUB_CHANNELS_WATCHED')) stay()
      if (!hasCode(error, 'CHANNEL_UNKNOWN')) {
        goOn(id)
        stayAfterAWhile(id)
        return false
      }
    } finally {
      mine.answeredMs = time.now
      forgetCrash()
      stopping.delete(key)
    }
    // An answer can take seconds for the disk alone; a minute is spent on a dispute.
    if (time.now - asked > 60_000) trace.meet('rule: stopped while a dispute ran')
    handles.delete(id)
    attempted.delete(id)
    return true
  }

  function noticeOrder({ state: { channelId, version } }: SignedState): void {
    const last = arrived.get(channelId) ?? -1n
    if (version < last) trace.meet('fault: message reordered')
    else arrived.set(channelId, version)
  }

  return {
    acknowledged,
    enrolments,
    calls,
    hearings,
    unread: listening.unread,
    attempted,
    isCurrent: (id) => current(id) !== undefined,
    isEnrolled: (id) => enrolled.has(id),
    isSettled: (id) => current(id) !== undefined && (underWay.get(callKey(id)) ?? 0) === 0,
    start,
    publish(channel, signed) {
      const handle = current(channel.id)
      if (handle === undefined || host.engine === undefined) return
      noticeOrder(signed)
      handle.watch.publish(signed).then(
        () => {
          if (handle.run === host.run) acknowledge(signed)
        },
        (error: unknown) => {
          refused('publish', signed, error)
          // A tree may have to repeat any state of a channel that is or may be locked.
          if (channel.kind !== 'ledger' && hasCode(error, 'VERSION_STALE'))
            trace.violate(`${describeStates([signed])} was not kept although a tree may need it`)
        },
      )
    },
    async stop(channel) {
      const handle = current(channel.id)
      return handle !== undefined && (await end(channel, () => handle.watch.stop()))
    },
    async forget(channel) {
      const { engine } = host
      if (engine === undefined || starting.has(channel.id)) return false
      trace.meet('rule: stopped by name')
      return end(channel, () => engine.stopWatching(channel.id, { client }))
    },
  }
}
