import { transportChild } from '@perun-watcher/conformance/transport'
import { memoryPlace } from './memory-transport.ts'

if (process.argv.at(-1) === 'leaves a timer') setInterval(() => {}, 60_000)

await transportChild(memoryPlace())
