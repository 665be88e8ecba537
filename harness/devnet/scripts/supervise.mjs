// Runs anvil on behalf of a process that may die at any moment. The parent holds the other end of our standard input;
// when that closes, for whatever reason, anvil ends. A parent that is killed cannot clean up, its pipes can.
// Arguments: anvil's path, then anvil's own. Prints one line, the port, once anvil listens; anvil's log goes nowhere.

import { spawn } from 'node:child_process'

const [binary = '', ...args] = process.argv.slice(2)
// In a process group of its own, or a Ctrl-C would end it under a parent that still wants to shut down in order.
const detached = process.platform !== 'win32'
const anvil = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'], detached })

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
// Ctrl-C and a closed terminal reach us as well; what they mean is for the parent to decide.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {})
process.on('SIGTERM', end)
