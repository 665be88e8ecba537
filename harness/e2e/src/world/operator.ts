import { spawnProgram } from '@perun-watcher/harness-kit/spawn-program'
import { until } from './until.ts'

/** How a command of the program ended, and what it wrote. */
export interface CommandEnd {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A command that goes on until it is interrupted. */
export interface View extends Disposable {
  /** Resolves with all that it wrote once that matches. */
  shown(pattern: RegExp): Promise<string>
  /** As Ctrl-C does. */
  interrupt(): Promise<CommandEnd>
}

/** Runs a command of the program as an operator does: a process of its own, and nobody at a terminal. */
export async function runCommand(program: string, args: readonly string[]): Promise<CommandEnd> {
  return await start(program, args).ended
}

export function viewCommand(program: string, args: readonly string[]): View {
  const { child, said, ended } = start(program, args)
  let hasEnded = false
  void ended.then(() => {
    hasEnded = true
  })
  return {
    shown: (pattern) =>
      until(`${pattern} from ${args[0]}`, () => {
        if (pattern.test(said.out)) return said.out
        if (hasEnded) throw new Error(`${args[0]} ended before it showed ${pattern}: ${said.out}${said.err}`)
        return undefined
      }),
    async interrupt() {
      child.kill('SIGINT')
      return await ended
    },
    [Symbol.dispose]() {
      child.kill('SIGKILL')
    },
  }
}

interface Started {
  readonly child: ReturnType<typeof spawnProgram>
  readonly said: { readonly out: string; readonly err: string }
  /** Never rejects. */
  readonly ended: Promise<CommandEnd>
}

function start(program: string, args: readonly string[]): Started {
  const child = spawnProgram(program, args)
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text
  })
  const ended = new Promise<CommandEnd>((resolve) => child.once('close', (code) => resolve({ code, ...said })))
  return { child, said, ended }
}
