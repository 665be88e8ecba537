import type { CommandContext } from './command-context.ts'
import { hangupsOf, untilInterrupted } from './interruption.ts'
import { processOutput } from './output.ts'

/** The context of a program, taken from the process it runs in. */
export function processContext(process: NodeJS.Process): Omit<CommandContext, 'end'> {
  // The reader may stop reading, as `head` does; that is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
  // A log that nobody reads any more must not stop the daemon from guarding.
  process.stderr.on('error', () => {})
  const { env } = process
  return { output: processOutput(env), env, ...untilInterrupted(process), onHangup: hangupsOf(process) }
}
