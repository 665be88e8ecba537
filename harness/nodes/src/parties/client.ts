import {
  type AdjudicatorEvent,
  type ChannelId,
  type ClientName,
  type EndangeredReason,
  parseClientName,
} from '@perun-watcher/core'
import type { EngineWatch } from '@perun-watcher/core/adapter'
import type { Scheduler } from '@perun-watcher/simulation/scheduler'
import type { Host } from '../subject/host.ts'
import type { Channel } from './channel.ts'

/** A state that the watcher promised to defend. */
export interface Acknowledgement {
  readonly channelId: ChannelId
  readonly version: bigint
  readonly atMs: number
}

/** Something that it was told. */
export interface Hearing {
  readonly channelId: ChannelId
  readonly type: AdjudicatorEvent['type']
  /** Of a danger. */
  readonly reason: EndangeredReason | undefined
  readonly atMs: number
}

/** Hands its channels' states to the watcher, again and again until they are acknowledged. */
export interface Client {
  readonly name: ClientName
  readonly acknowledged: readonly Acknowledgement[]
  readonly heard: readonly Hearing[]
  tend(): void
}

export interface ClientDeps {
  readonly time: Scheduler
  readonly host: Host
  readonly channels: readonly Channel[]
  readonly say: (line: string) => void
}

export function client(name: string, { time, host, channels, say }: ClientDeps): Client {
  const own = parseClientName(name)
  const acknowledged: Acknowledgement[] = []
  const heard: Hearing[] = []
  const watches = new Map<ChannelId, EngineWatch>()
  const best = new Map<ChannelId, bigint>()
  const busy = new Set<ChannelId>()
  let run = 0

  function acknowledge(channelId: ChannelId, version: bigint): void {
    acknowledged.push({ channelId, version, atMs: time.now })
    best.set(channelId, version)
  }

  async function watch({ id, newest }: Channel, mine: number): Promise<void> {
    const { engine } = host
    if (engine === undefined) return
    const watching = await engine.startWatching(
      newest,
      {
        push(event, sequence) {
          const danger = event.type === 'endangered' ? event : undefined
          const reason = danger === undefined ? '' : ` ${danger.reason}: ${danger.detail}`
          const version = 'version' in event ? ` @${event.version}` : ''
          heard.push({ channelId: id, type: event.type, reason: danger?.reason, atMs: time.now })
          say(`${name} hears of ${id.slice(2, 8)}: ${event.type}${version}${reason}`)
          watches.get(id)?.acknowledge(sequence)
        },
        end() {},
      },
      { client: own, acceptOlder: true },
    )
    if (mine !== host.run) return
    watches.set(id, watching)
    acknowledge(id, newest.state.version)
  }

  async function publish({ id, newest }: Channel, mine: number): Promise<void> {
    await watches.get(id)?.publish({ state: newest.state, sigs: newest.sigs })
    if (mine === host.run) acknowledge(id, newest.state.version)
  }

  function tendOne(channel: Channel): void {
    const { id, newest } = channel
    if (busy.has(id)) return
    const isWatched = watches.has(id)
    if (isWatched && (best.get(id) ?? -1n) >= newest.state.version) return
    const mine = run
    busy.add(id)
    const act = isWatched ? publish(channel, mine) : watch(channel, mine)
    act
      .catch((error: unknown) => say(`${name} is refused: ${String(error)}`))
      .finally(() => {
        if (mine === run) busy.delete(id)
      })
      .catch(() => {})
  }

  return {
    name: own,
    acknowledged,
    heard,
    tend() {
      if (host.run !== run) {
        run = host.run
        watches.clear()
        busy.clear()
      }
      if (host.engine === undefined) return
      for (const each of channels) tendOne(each)
    },
  }
}
