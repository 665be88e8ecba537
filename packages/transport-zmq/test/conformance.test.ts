import { fileURLToPath } from 'node:url'
import { transportKit } from '@perun-watcher/conformance/transport'
import { defaultMaxMessageBytes } from '@perun-watcher/protocol/adapter'
import { describe, it } from 'vitest'
import { wires, zmqPlace } from './support/places.ts'

const script = fileURLToPath(new URL('./support/child.ts', import.meta.url))

for (const wire of wires) {
  transportKit({
    describe,
    it,
    name: `ZeroMQ over ${wire}`,
    place: () => zmqPlace(wire),
    maxMessageBytes: defaultMaxMessageBytes,
    // Two of the longest messages, with what they cost besides.
    maxBufferedBytes: 2 * (defaultMaxMessageBytes + 1024),
    canCut: true,
    canImpersonate: wire.endsWith('CURVE'),
    child: { command: process.execPath, args: ['--import', 'tsx', script, wire] },
  })
}
