import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

type Program = ChildProcessByStdio<Writable, Readable, Readable>

/** Runs a program as a process of its own that ends with this one, also when this one is killed. */
export function spawnProgram(program: string, args: readonly string[]): Program {
  return spawn(process.execPath, [...tiedTo('process.pid'), program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
}

/** The same for a program that starts others: they end along with it. */
export interface ProgramGroup {
  readonly program: Program
  /** Kills it and all that it started, unless those left its process group. */
  kill(): void
}

export function spawnProgramGroup(script: string, args: readonly string[]): ProgramGroup {
  const program = spawn(process.execPath, [...tiedTo('-process.pid'), script, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  return {
    program,
    kill() {
      if (program.pid === undefined) return
      try {
        process.kill(-program.pid, 'SIGKILL')
      } catch {
        // Nobody is left.
      }
    },
  }
}

/**
 * Arguments for Node by which a process kills `victim` when standard input ends: whoever holds the other end of it is gone
 * then, however that ended.
 */
function tiedTo(victim: 'process.pid' | '-process.pid'): readonly string[] {
  const end = `process.stdin.once('close', () => process.kill(${victim}, 'SIGKILL')).resume().unref()`
  return ['--no-warnings', '--import', `data:text/javascript,${encodeURIComponent(end)}`]
}
