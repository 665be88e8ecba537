import { transportChild } from '@perun-watcher/conformance/transport'
import { wires, zmqPlace } from './places.ts'

await transportChild(() => zmqPlace(wires.find((wire) => wire === process.argv[2]) ?? wires[0]))
