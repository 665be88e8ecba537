import { watcherKit } from '@perun-watcher/conformance/watcher'
import { describe, it } from 'vitest'
import { remotePlace } from '../../conformance/test/support/watcher-places.ts'
import { wires, zmqPlace } from './support/places.ts'

for (const wire of wires) {
  watcherKit({
    describe,
    it,
    name: `remoteWatcher over ZeroMQ, ${wire},`,
    place: async () => remotePlace(await zmqPlace(wire)),
    ownsEngine: false,
    canCut: true,
  })
}
