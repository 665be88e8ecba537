import { fileURLToPath } from 'node:url'
import { transportKit } from '@perun-watcher/conformance/transport'
import { defaultMaxMessageBytes } from '@perun-watcher/protocol/adapter'
import { describe, it } from 'vitest'
import { grpcPlace, wires } from './support/places.ts'

const script = fileURLToPath(new URL('./support/child.ts', import.meta.url))

for (const wire of wires) {
  transportKit({
    describe,
    it,
    name: `gRPC over ${wire}`,
    place: () => grpcPlace(wire),
    maxMessageBytes: defaultMaxMessageBytes,
    // What waits at either end and on the sockets between them; the kit's proxy has some as well.
    maxBufferedBytes: 8 * 1024 * 1024,
    canCut: true,
    canImpersonate: wire === 'TLS with tokens',
    child: { command: process.execPath, args: ['--import', 'tsx', script, wire] },
  })
}
