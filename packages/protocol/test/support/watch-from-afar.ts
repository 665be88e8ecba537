// README
import type { AdjudicatorEvent, SignedStateInput, TransactionInput, WatcherEngine } from '@perun-watcher/core'
import { parseClientName } from '@perun-watcher/core'
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import { memoryTransport, remoteWatcher, serveWatcher } from '@perun-watcher/protocol'

/** @param ledgerId as the chain backend has it. */
export async function watchFromAfar(
  engine: WatcherEngine,
  ledgerId: string,
  opening: SignedStateInput,
  newest: TransactionInput,
) {
  const transport = memoryTransport() // between machines: @perun-watcher/transport-zmq
  // The watcher's machine.
  const server = serveWatcher(engine, transport.accepted, { ledgerId, clock })

  // The device.
  const connect = transport.connect(parseClientName('device-1'))
  const watcher = remoteWatcher({ connect, clock, random })
  const { statesPub, eventsSub } = await watcher.startWatching(opening)
  await statesPub.publish(newest) // on the disk of the watcher, whether or not the device stays online
  const event: AdjudicatorEvent | undefined = await eventsSub.next()

  await watcher.shutdown() // the channel stays guarded until `stopWatching`
  await server.close() // before the engine is shut down: clients then know that they are to come back
  return event
}
// README end
