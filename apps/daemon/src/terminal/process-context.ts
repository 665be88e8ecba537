import type { CommandContext } from './command-context.ts'
import { hangupsOf, untilInterrupted } from './interruption.ts'
import { processOutput } from './output.ts'

/** What a program of ours gets of the process that it runs in. */
export function processContext(process: NodeJS.Process): Omit<CommandContext, 'end'> {
  // Whoever reads the output may stop reading, as `head` does. Nothing is wrong then.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
  // Nobody reads the log any more: what is guarded is guarded nevertheless.
  process.stderr.on('error', () => {})
  const { env } = process
  return { output: processOutput(env), env, ...untilInterrupted(process), onHangup: hangupsOf(process) }
}
