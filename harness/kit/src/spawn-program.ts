import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** Standard input ends when whoever holds the other end of it is gone, however that ended. */
const endWithParent = "process.stdin.once('close', () => process.kill(process.pid, 'SIGKILL')).resume().unref()"

/** Arguments for Node that tie a process to the one that holds the other end of its standard input. */
const tied: readonly string[] = ['--import', `data:text/javascript,${encodeURIComponent(endWithParent)}`]

/** Runs a program as a process of its own that ends with this one, also when this one is killed. */
export function spawnProgram(
  program: string,
  args: readonly string[],
): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn(process.execPath, ['--no-warnings', ...tied, program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
}
