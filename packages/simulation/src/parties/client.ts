import {
  type AdjudicatorEvent,
  type ChannelId,
  type EngineWatch,
  isWatcherError,
  type SignedState,
} from '@perun-watcher/core'
import type { Dice } from '../world/random.ts'
import type { Scheduler } from '../world/scheduler.ts'
import { describeStates, short, type Trace } from '../world/trace.ts'
import type { Hardship } from '../world/weather.ts'
import type { Channel, Family } from './families.ts'
import type { WatcherHost } from './watcher-host.ts'

/** An acknowledgement that a client got. */
export interface Acknowledgement {
  readonly channelId: ChannelId
  readonly signed: SignedState
  readonly atMs: number
}

/** What a client heard in one watch, from its start on. */
export interface Hearing {
  readonly channelId: ChannelId
  readonly run: number
  readonly sinceMs: number
  readonly events: readonly AdjudicatorEvent[]
  /** A later watch of the same channel took its place. */
  isOver: boolean
}

/** The honest party of a family: hands its states to the watcher, comes back after crashes, stops in the end. */
export interface Client {
  readonly family: Family
  readonly acknowledged: readonly Acknowledgement[]
  readonly hearings: readonly Hearing[]
  /** Both parties signed a new state: hand it over. */
  publish(channel: Channel, signed: SignedState): void
  start(): void
  /** Stops every watch, children first; repeats until the watcher agrees. */
  leave(): void
  readonly hasLeft: boolean
}

export interface ClientDeps {
  readonly time: Scheduler
  readonly chance: Dice
  readonly trace: Trace
  readonly host: WatcherHost
  readonly is: (hardship: Hardship) => boolean
}

interface Handle {
  readonly run: number
  readonly watch: EngineWatch
}

export function simClient(family: Family, deps: ClientDeps): Client {
  const { time, chance, trace, host, is } = deps
  const acknowledged: Acknowledgement[] = []
  const hearings: Hearing[] = []
  const handles = new Map<ChannelId, Handle>()
  const starting = new Set<ChannelId>()
  /** Asked for at least once; the answer may have been lost in a crash. */
  const attempted = new Set<ChannelId>()
  let hasStarted = false
  let isLeaving = false

  function acknowledge(signed: SignedState): void {
    acknowledged.push({ channelId: signed.state.channelId, signed, atMs: time.now })
    trace.say(`acknowledged ${describeStates([signed])}`)
  }

  const isCurrent = (handle: Handle | undefined): handle is Handle => handle !== undefined && handle.run === host.run

  /** The network: a while later, never, or twice. */
  function deliver(task: () => void): void {
    if (is('networkCut') && chance.chance(0.5)) {
      trace.meet('fault: message lost')
      return
    }
    time.after(chance.int(1, 2_000), task)
    if (chance.chance(0.1)) {
      trace.meet('fault: message doubled')
      time.after(chance.int(1, 4_000), task)
    }
  }

  function watch(channel: Channel): void {
    const { engine } = host
    if (engine === undefined || starting.has(channel.id) || isCurrent(handles.get(channel.id))) return
    const parent = family.parentOf.get(channel.id)
    if (parent !== undefined && !isCurrent(handles.get(parent.id))) return
    const run = host.run
    const events: AdjudicatorEvent[] = []
    const signed = channel.newest
    const sink = {
      push: (event: AdjudicatorEvent) => {
        events.push(event)
        hear(event)
      },
      end: () => {},
    }
    starting.add(channel.id)
    attempted.add(channel.id)
    engine
      .startWatching(signed, sink, { parent: parent?.id, client: family })
      .then(
        (started) => {
          if (run !== host.run) return
          const before = handles.get(channel.id)
          if (isCurrent(before)) before.watch.stop().catch((error: unknown) => refused('stop', signed, error))
          handles.set(channel.id, { run, watch: started })
          for (const hearing of hearings) if (hearing.channelId === channel.id) hearing.isOver = true
          hearings.push({ channelId: channel.id, run, sinceMs: time.now, events, isOver: false })
          acknowledge(signed)
        },
        (error: unknown) => refused('start', signed, error),
      )
      .finally(() => starting.delete(channel.id))
    // A crash leaves the call without an answer.
    time.after(20_000, () => starting.delete(channel.id))
  }

  function hear(event: AdjudicatorEvent): void {
    const reason = event.type === 'endangered' ? ` ${event.reason}, ${event.secondsLeft} s left` : ''
    trace.say(`told ${short(event.channelId)} ${event.type} ${'version' in event ? event.version : ''}${reason}`)
    if (event.type === 'endangered') trace.meet(`rule: endangered ${event.reason}`)
    else trace.meet(`rule: told ${event.type}`)
  }

  function refused(what: string, signed: SignedState, error: unknown): void {
    const code = isWatcherError(error) ? error.code : String(error)
    trace.say(`${what} of ${describeStates([signed])} refused: ${code}`)
    trace.meet(`rule: refused ${code}`)
  }

  function submit(channel: Channel, signed: SignedState): void {
    const handle = handles.get(channel.id)
    if (!isCurrent(handle) || host.engine === undefined) return
    handle.watch.publish(signed).then(
      () => {
        if (handle.run === host.run) acknowledge(signed)
      },
      (error: unknown) => refused('publish', signed, error),
    )
  }

  /** Watches what is not watched and repeats what was not acknowledged. */
  function tend(): void {
    if (isLeaving) return
    for (const channel of family.channels) {
      if (!isCurrent(handles.get(channel.id)))
        deliver(() => {
          if (!isLeaving) watch(channel)
        })
      else if (!acknowledged.some(({ signed }) => signed === channel.newest)) {
        const { newest } = channel
        deliver(() => submit(channel, newest))
      }
    }
    time.after(chance.int(5_000, 15_000), tend)
  }

  function leave(): void {
    isLeaving = true
    const open = [...family.channels].reverse().filter((channel) => attempted.has(channel.id))
    const [first] = open
    if (first === undefined) return
    const handle = handles.get(first.id)
    if (!isCurrent(handle)) {
      // The watch died with its process; take it up again in order to end it.
      for (const channel of family.channels) watch(channel)
      time.after(3_000, leave)
      return
    }
    handle.watch.stop().then(
      () => {
        handles.delete(first.id)
        attempted.delete(first.id)
        leave()
      },
      (error: unknown) => {
        refused('stop', first.newest, error)
        time.after(3_000, leave)
      },
    )
  }

  return {
    family,
    acknowledged,
    hearings,
    publish(channel, signed) {
      deliver(() => submit(channel, signed))
    },
    start() {
      if (hasStarted) return
      hasStarted = true
      tend()
    },
    leave,
    get hasLeft() {
      return isLeaving && attempted.size === 0
    },
  }
}
