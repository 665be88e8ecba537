import type { AdjudicatorEvent, SignedStateInput } from '@perun-watcher/core'
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import { remoteWatcher } from '@perun-watcher/protocol'
import { parseCurveKeys, parseCurvePublicKey, zmqConnector } from '@perun-watcher/transport-zmq'

export interface DeviceOptions {
  /** The daemon, such as `tcp://127.0.0.1:7350`. */
  readonly endpoint: string
  /** The public key of the daemon. */
  readonly watcherKey: string
  /** Those of the device, which `perun-watcher keygen device` makes. */
  readonly keys: { readonly publicKey: string; readonly secretKey: string }
  /** The states of one channel, oldest first, as its participants signed them. */
  readonly states: readonly SignedStateInput[]
  readonly onAcknowledged: (version: bigint) => void
  /** Resolves when the device wakes up. */
  readonly sleep: () => Promise<void>
  readonly onEvent: (event: AdjudicatorEvent) => void
}

// README
/** Hands the states of a channel over, sleeps, comes back, and hears what happened meanwhile. */
export async function live(device: DeviceOptions): Promise<void> {
  const { endpoint, watcherKey, states, onAcknowledged, sleep, onEvent } = device
  const security = { serverKey: parseCurvePublicKey(watcherKey), keys: parseCurveKeys(device.keys) }
  const connect = zmqConnector({ endpoint, security, clock })
  const [opening, ...newer] = states
  const newest = states.at(-1)
  if (opening === undefined || newest === undefined) throw new Error('a channel has a state')

  const before = remoteWatcher({ connect, clock, random })
  await before.connected() // fails if the daemon does not know the key; all other calls wait until it does
  const { statesPub } = await before.startWatching(opening)
  for (const state of newer) {
    await statesPub.publish(state) // resolves when it is on the daemon's disk
    onAcknowledged(state.state.version)
  }
  await before.shutdown() // ends the connection; the daemon goes on guarding

  await sleep()

  const after = remoteWatcher({ connect, clock, random })
  const { eventsSub } = await after.startWatching(newest)
  for await (const event of eventsSub) {
    onEvent(event)
    if (event.type === 'refuted') break
  }
  await after.shutdown()
}
// README end
