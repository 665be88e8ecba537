import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { Duplex } from 'node:stream'
import type { ChildProgram } from '../runner.ts'
import { type Shim, type StoppableDisk, stoppableDisk } from './stoppable-disk.ts'

/** A process that runs `storeChild`. */
export interface RunningChild extends AsyncDisposable {
  readonly disk: StoppableDisk
  tell(command: string): void
  /** The next line that it prints. Rejects if it ends before. */
  next(): Promise<string>
  /** Kills it, in the middle of whatever it does. */
  kill(): Promise<void>
}

/** @param shim makes it possible to hold its disk. */
export function startChild(program: ChildProgram, location: string, shim?: Shim): RunningChild {
  const child = spawn(program.command, [...program.args, location], {
    env: { ...process.env, ...shim?.env },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
  })
  const [stdin, stdout, stderr, ask, grant] = child.stdio
  if (!stdin || !stdout || !stderr || !(ask instanceof Duplex) || !(grant instanceof Duplex)) {
    throw new Error('The child process has no pipes.')
  }
  const errors: string[] = []
  stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
  // It may be gone when a command is written.
  stdin.on('error', () => {})
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', (error) => {
      errors.push(error.message)
      resolve()
    })
  })
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const kill = (): Promise<void> => killed(child, ended)

  return {
    disk: stoppableDisk(ask, grant),
    tell: (command) => void stdin.write(`${command}\n`),
    async next() {
      const { value, done } = await lines.next()
      if (done === true) throw new Error(`The child process ended: ${errors.join('').slice(0, 2_000)}`)
      return value
    },
    kill,
    [Symbol.asyncDispose]: kill,
  }
}

async function killed(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGKILL')
  await ended
}
