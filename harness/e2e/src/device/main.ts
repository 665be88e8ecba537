import type { Hex, Watch } from '@perun-watcher/core'
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import { serveParent } from '@perun-watcher/harness-kit/serve-parent'
import { type RemoteWatcher, remoteWatcher } from '@perun-watcher/protocol'
import { parseCurveKeys, parseCurvePublicKey, zmqConnector } from '@perun-watcher/transport-zmq'
import type { DeviceAnswer, DeviceCommand, DeviceSettings } from './protocol.ts'

/* The program of a device: a remote watcher, and what its parent asks of it. */

function connect({ endpoint, watcherKey, keys }: DeviceSettings): RemoteWatcher {
  const security = { serverKey: parseCurvePublicKey(watcherKey), keys: parseCurveKeys(keys) }
  // A test of outages does not wait half a minute for the end of one.
  const reconnect = { firstDelayMs: 100, longestDelayMs: 1_000 }
  return remoteWatcher({ connect: zmqConnector({ endpoint, security, clock }), clock, random, reconnect })
}

function commandsOf(watcher: RemoteWatcher): (command: DeviceCommand) => Promise<DeviceAnswer> {
  const watches = new Map<Hex, Watch>()

  function watchOf(id: Hex): Watch {
    const watch = watches.get(id)
    if (watch === undefined) throw new Error(`This process does not watch ${id}.`)
    return watch
  }

  return async (command) => {
    switch (command.type) {
      case 'connected':
        await watcher.connected()
        return {}
      case 'watch':
        watches.set(command.channel.state.channelId, await watcher.startWatching(command.channel))
        return {}
      case 'publish':
        await watchOf(command.channel.state.channelId).statesPub.publish(command.channel)
        return {}
      case 'next': {
        const event = await watchOf(command.id).eventsSub.next()
        return event === undefined ? {} : { event }
      }
      case 'stop':
        await watcher.stopWatching(command.id)
        return {}
      case 'shutdown':
        await watcher.shutdown()
        return {}
    }
  }
}

serveParent<DeviceSettings, DeviceCommand, DeviceAnswer>({
  start: async (settings) => commandsOf(connect(settings)),
  isLast: ({ type }) => type === 'shutdown',
})
