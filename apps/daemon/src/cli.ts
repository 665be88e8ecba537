#!/usr/bin/env node
import { setMaxListeners } from 'node:events'
import { untilInterrupted } from './interruption.ts'
import { main } from './main.ts'
import { processOutput } from './output.ts'

// Many requests in flight listen to one signal. Node takes more than ten for a leak and says so, into whatever is drawn.
setMaxListeners(0)

// Whoever reads the output may stop reading, as `head` does. Nothing is wrong then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

process.exitCode = await main(process.argv.slice(2), {
  output: processOutput(process.env),
  signal: untilInterrupted(process),
})
