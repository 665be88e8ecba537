// Runs anvil on behalf of a process that may die at any moment. The parent holds the other end of our standard input;
// when that closes, for whatever reason, anvil ends. A parent that is killed cannot clean up, its pipes can.
// The parent starts us in a process group of our own. A signal to its group, such as the SIGKILL that ends a stuck test run
// or a Ctrl-C, would otherwise hit us too: we could not end anvil then, or would end it under a parent that still wants to
// shut down in order.
// Arguments: anvil's path, then anvil's own. Prints one line, the port, once anvil listens; anvil's log goes nowhere.

import { spawn } from 'node:child_process'

const [binary = '', ...args] = process.argv.slice(2)
const anvil = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'] })

let banner = ''
const findPort = (chunk) => {
  banner += chunk
  const port = /Listening on \S*:(\d+)\s/.exec(banner)?.[1]
  if (port === undefined) return
  anvil.stdout.off('data', findPort)
  // Read on, else anvil would block on a full pipe.
  anvil.stdout.resume()
  process.stdout.write(`${port}\n`)
}
anvil.stdout.setEncoding('utf8').on('data', findPort)
anvil.on('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
anvil.on('exit', (code) => process.exit(code ?? 1))

const end = () => anvil.kill('SIGKILL')
process.stdin.resume().on('end', end).on('error', end)
process.on('SIGTERM', end)
