import { transportKit } from '@perun-watcher/conformance/transport'
import { describe, it } from 'vitest'
import { maxBufferedBytes, maxMessageBytes, memoryChild, memoryPlace } from './support/memory-transport.ts'

transportKit({
  describe,
  it,
  name: 'memoryTransport',
  place: memoryPlace(),
  maxMessageBytes,
  maxBufferedBytes,
  canCut: true,
  canImpersonate: true,
  child: memoryChild(),
})
