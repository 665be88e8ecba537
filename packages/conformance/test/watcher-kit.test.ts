import { watcherKit } from '@perun-watcher/conformance/watcher'
import { describe, it } from 'vitest'
import { memoryPlace } from './support/memory-transport.ts'
import { localPlace, remotePlace } from './support/watcher-places.ts'

watcherKit({ describe, it, name: 'localWatcher', place: localPlace, ownsEngine: true })

watcherKit({
  describe,
  it,
  name: 'remoteWatcher over memoryTransport',
  place: () => remotePlace(memoryPlace()()),
  ownsEngine: false,
  canCut: true,
})
