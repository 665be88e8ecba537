import type { AdjudicatorEvent } from '@perun-watcher/core'
import { type Child, type End, startChild } from '@perun-watcher/harness-kit/child'
import { generateCurveKeys } from '@perun-watcher/transport-zmq'
import type { Hex } from 'viem'
import type { Daemon } from '../world/daemon.ts'
import type { TestChannel } from '../world/test-chain.ts'
import type { DeviceAnswer, DeviceCommand, DeviceSettings } from './protocol.ts'

type Keys = DeviceSettings['keys']

/** One life of a device's program. */
export interface Device extends AsyncDisposable {
  readonly keys: Keys
  /** Rejects if the watcher does not let it in; it is tried again all the same. */
  connected(): Promise<void>
  watch(channel: TestChannel, version: bigint): Promise<void>
  /** Resolves when it is acknowledged. @throws Refused, ChildEnded */
  publish(channel: TestChannel, version: bigint, appData?: Hex): Promise<void>
  /** The next event. Asking for it says that the one before is handled. */
  next(id: Hex): Promise<AdjudicatorEvent>
  /** Hears events until all of these were among them, as `type version`; the last one is not handled yet. */
  hear(id: Hex, expected: readonly string[]): Promise<readonly string[]>
  stop(id: Hex): Promise<void>
  /** Ends in order. */
  shutdown(): Promise<End>
  /** Kills it where it stands. */
  kill(): Promise<void>
}

/** Starts the program of a device, with keys of its own or those of an earlier life. */
export function startDevice(program: string, daemon: Daemon, keys: Keys = generateCurveKeys()): Device {
  const child: Child<DeviceSettings, DeviceCommand, DeviceAnswer> = startChild(program)
  child.begin({ endpoint: daemon.endpoint, watcherKey: daemon.publicKey, keys })

  async function next(id: Hex): Promise<AdjudicatorEvent> {
    const { event } = await child.ask({ type: 'next', id })
    if (event === undefined) throw new Error(`The watch of ${id} has ended.`)
    return event
  }

  async function kill(): Promise<void> {
    child.kill()
    await child.ended
  }

  return {
    keys,
    async connected() {
      await child.ready
      await child.ask({ type: 'connected' })
    },
    async watch(channel, version) {
      await child.ready
      await child.ask({ type: 'watch', channel: await channel.state(version) })
    },
    async publish(channel, version, appData) {
      await child.ask({ type: 'publish', channel: await channel.state(version, appData) })
    },
    next,
    async hear(id, expected) {
      const heard: string[] = []
      while (!expected.every((each) => heard.includes(each))) heard.push(textOf(await next(id)))
      return heard
    },
    async stop(id) {
      await child.ask({ type: 'stop', id })
    },
    async shutdown() {
      await child.ask({ type: 'shutdown' })
      return child.ended
    },
    kill,
    [Symbol.asyncDispose]: kill,
  }
}

/** For comparisons: what happened and to which version; `stands` where it is only said again to a client that came back. */
export function textOf(event: AdjudicatorEvent): string {
  if (event.type === 'removed') return event.type
  const isRead = 'transactionHash' in event && event.transactionHash === undefined
  return `${isRead ? 'stands' : event.type} ${event.version}`
}
