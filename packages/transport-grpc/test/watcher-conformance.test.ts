import { watcherKit } from '@perun-watcher/conformance/watcher'
import { describe, it } from 'vitest'
import { remotePlace } from '../../conformance/test/support/watcher-places.ts'
import { grpcPlace, wires } from './support/places.ts'

for (const wire of wires) {
  watcherKit({
    describe,
    it,
    name: `remoteWatcher over gRPC, ${wire},`,
    place: async () => remotePlace(await grpcPlace(wire)),
    ownsEngine: false,
    canCut: true,
  })
}
