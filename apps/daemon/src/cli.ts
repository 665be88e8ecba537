#!/usr/bin/env node
import { hangupsOf, untilInterrupted } from './terminal/interruption.ts'
import { main } from './main.ts'
import { processOutput } from './terminal/output.ts'

// Whoever reads the output may stop reading, as `head` does. Nothing is wrong then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

// Nobody reads the log any more: what is guarded is guarded nevertheless.
process.stderr.on('error', () => {})

process.exitCode = await main(process.argv.slice(2), {
  output: processOutput(process.env),
  env: process.env,
  ...untilInterrupted(process),
  onHangup: hangupsOf(process),
})
