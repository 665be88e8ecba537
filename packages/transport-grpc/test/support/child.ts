import { transportChild } from '@perun-watcher/conformance/transport'
import { grpcPlace, wires } from './places.ts'

await transportChild(() => grpcPlace(wires.find((wire) => wire === process.argv[2]) ?? wires[0]))
