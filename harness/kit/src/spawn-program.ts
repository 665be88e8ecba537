import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** Standard input ends when whoever holds the other end of it is gone, however that ended. */
const endWithParent = "process.stdin.once('close', () => process.kill(process.pid, 'SIGKILL')).resume().unref()"

/** Runs the program of the daemon as a process of its own, which a parent that is gone takes along. */
export function spawnProgram(
  program: string,
  args: readonly string[],
): ChildProcessByStdio<Writable, Readable, Readable> {
  const preload = `data:text/javascript,${encodeURIComponent(endWithParent)}`
  return spawn(process.execPath, ['--no-warnings', '--import', preload, program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}
