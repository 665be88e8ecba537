#!/usr/bin/env node
import { version } from '../package.json'

const args = process.argv.slice(2)

// Answered before anything else is loaded: scripts ask for it often.
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${version}\n`)
} else {
  const [{ main }, { processContext }] = await Promise.all([
    import('./cli/main.ts'),
    import('./terminal/process-context.ts'),
  ])
  process.exitCode = await main(args, processContext(process))
}
