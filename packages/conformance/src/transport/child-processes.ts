import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import type { ChildProgram } from '../runner.ts'

/** Processes of a case: none of them outlives it, whichever way it ends. */
export interface ChildProcesses extends AsyncDisposable {
  start(program: ChildProgram): ChildProcessByStdio<null, Readable, null>
}

export function childProcesses(): ChildProcesses {
  const ends: (() => Promise<void>)[] = []
  return {
    start({ command, args }) {
      const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      const exited = once(child, 'exit').catch(() => {})
      ends.push(async () => {
        child.kill('SIGKILL')
        await exited
      })
      return child
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(ends.map((end) => end()))
    },
  }
}
