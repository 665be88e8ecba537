import type { Watch } from '@perun-watcher/core'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { RemoteWatcher } from '@perun-watcher/protocol'
import type { TestChannel } from '../world/test-chain.ts'

/** A channel of a client, which publishes one version after the other. */
export interface SoakChannel {
  readonly channel: TestChannel
  /** The newest version that was acknowledged. */
  readonly acknowledged: bigint
  /** Publishes no more of it: what is acknowledged now is what has to stand. */
  freeze(): Promise<void>
}

/** A client of the daemon that comes and goes. */
export interface SoakClient {
  /** Those that are neither frozen nor about to be. */
  readonly channels: readonly SoakChannel[]
  /** States that were acknowledged. */
  readonly published: number
  /** Publishes once on a channel by chance. */
  publish(): Promise<void>
  /** Stops watching a channel, and opens another one in its place. */
  replace(gone: SoakChannel): Promise<void>
  /** Ends in order, and comes back with its newest states. */
  comeBack(): Promise<void>
  end(): Promise<void>
}

export interface SoakClientOptions {
  readonly dice: Dice
  readonly channels: number
  readonly openChannel: () => TestChannel
  readonly connect: () => RemoteWatcher
}

interface OwnChannel extends SoakChannel {
  acknowledged: bigint
  isFrozen: boolean
  isBusy: Promise<void>
  watch: Watch
}

export async function soakClient({
  dice,
  channels: count,
  openChannel,
  connect,
}: SoakClientOptions): Promise<SoakClient> {
  const all = new Set<OwnChannel>()
  let watcher = connect()
  let published = 0
  let turn: Promise<void> = Promise.resolve()

  async function open(): Promise<void> {
    const channel = openChannel()
    const watch = await watcher.startWatching(await channel.state(0n))
    const own: OwnChannel = {
      channel,
      watch,
      acknowledged: 0n,
      isFrozen: false,
      isBusy: Promise.resolve(),
      async freeze() {
        own.isFrozen = true
        await own.isBusy
      },
    }
    read(own)
    all.add(own)
  }

  /** Its events are handled as they come. */
  function read({ watch }: OwnChannel): void {
    const reading = async (): Promise<void> => {
      for await (const _ of watch.eventsSub);
    }
    // That the watch has ended is known by other means.
    reading().catch(() => {})
  }

  async function publishOn(own: OwnChannel): Promise<void> {
    const version = own.acknowledged + 1n
    await own.watch.statesPub.publish(await own.channel.state(version))
    own.acknowledged = version
    published += 1
  }

  /** One after the other: nothing is published by a client that is about to end. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = turn.then(work)
    turn = done.catch(() => {})
    return done
  }

  for (let opened = 0; opened < count; opened++) await open()
  return {
    get channels() {
      return [...all].filter(({ isFrozen }) => !isFrozen)
    },
    get published() {
      return published
    },
    publish: () =>
      inTurn(async () => {
        const free = [...all].filter(({ isFrozen }) => !isFrozen)
        if (free.length === 0) return
        const own = dice.pick(free)
        const work = publishOn(own)
        own.isBusy = work.catch(() => {})
        await work
      }),
    replace: (gone) =>
      inTurn(async () => {
        const own = [...all].find((each) => each === gone)
        if (own === undefined) return
        await watcher.stopWatching(own.channel.id)
        all.delete(own)
        await open()
      }),
    comeBack: () =>
      inTurn(async () => {
        await watcher.shutdown()
        watcher = connect()
        for (const own of all) {
          own.watch = await watcher.startWatching(await own.channel.state(own.acknowledged))
          read(own)
        }
      }),
    end: () => inTurn(() => watcher.shutdown()),
  }
}
