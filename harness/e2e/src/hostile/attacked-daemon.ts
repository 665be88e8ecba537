import { devKey } from '@perun-watcher/devnet'
import { generateCurveKeys } from '@perun-watcher/transport-zmq'
import type { Daemon } from '../world/daemon.ts'
import { startTestbed, type Testbed } from '../world/testbed.ts'
import { until } from '../world/until.ts'
import { attackNames } from './attack-names.ts'
import { type HonestClient, honestClient } from './honest-client.ts'
import { type Mallory, startMallory } from './mallory.ts'
import type { HostileSettings } from './protocol.ts'

/** A daemon under attack, and the honest clients that it serves meanwhile. */
export interface AttackedDaemon extends AsyncDisposable {
  readonly daemon: Daemon
  readonly mallory: Mallory
  readonly clients: readonly HonestClient[]
}

export interface AttackedDaemonOptions {
  readonly seed: number
  /** That one client may have. */
  readonly channels: number
  readonly honestClients: number
}

export async function startAttackedDaemon({
  seed,
  channels,
  honestClients,
}: AttackedDaemonOptions): Promise<AttackedDaemon> {
  const stack: AsyncDisposable[] = []
  const kept = <Part extends AsyncDisposable>(part: Part): Part => {
    stack.unshift(part)
    return part
  }
  const dispose = async (): Promise<void> => {
    for (const part of stack) await part[Symbol.asyncDispose]()
  }
  try {
    const testbed = kept(await startTestbed())
    const keys = new Map(attackNames.map((name) => [name, generateCurveKeys()]))
    const honestKeys = Array.from({ length: honestClients }, generateCurveKeys)
    const listed = [...keys.values(), ...honestKeys].map(({ publicKey }) => JSON.stringify(publicKey))
    const daemon = kept(
      await testbed.startDaemon({
        listen: { enrolment: '"listed"', clients: `[${listed.join(', ')}]` },
        quotas: { channels: String(channels) },
      }),
    )
    const recorded = recordUp(daemon)
    const clients = await Promise.all(
      honestKeys.map((own) => honestClient(kept(testbed.startDevice(daemon, own)), testbed.chain.openChannel())),
    )
    await until('an honest connection on the proxy', () => (recorded().length > 1_000 ? true : undefined))
    const settings = await settingsOf(testbed, daemon, { keys, honestKeys, clients, recorded: recorded() })
    const mallory = kept(startMallory(testbed.programs.hostile, settings, seed))
    return { daemon, mallory, clients, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

interface Known {
  readonly keys: HostileSettings['keys']
  readonly honestKeys: readonly { readonly publicKey: string }[]
  readonly clients: readonly HonestClient[]
  readonly recorded: Uint8Array
}

async function settingsOf({ chain }: Testbed, daemon: Daemon, known: Known): Promise<HostileSettings> {
  const { keys, honestKeys, clients, recorded } = known
  const [victim] = clients
  if (victim === undefined) throw new Error('There is an honest client.')
  const own = chain.openChannel()
  await own.cheat(0n)
  return {
    endpoint: daemon.directEndpoint,
    watcherKey: daemon.publicKey,
    keys,
    unlisted: generateCurveKeys(),
    victimKey: honestKeys[0]?.publicKey ?? '',
    shared: await victim.channel.state(0n),
    own: [await own.state(1n), await own.state(2n), await own.state(3n)],
    participants: [devKey(1), devKey(2)],
    recorded,
  }
}

const longestRecord = 16_384

/** What goes up the proxy from now on. */
function recordUp({ proxy }: Daemon): () => Buffer {
  let bytes = Buffer.alloc(0)
  proxy.change = (piece, direction) => {
    if (direction === 'up' && bytes.length < longestRecord) bytes = Buffer.concat([bytes, piece])
    return [piece]
  }
  return () => bytes
}
