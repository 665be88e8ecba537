import { main } from '../../src/cli/main.ts'
import type { Environment } from '../../src/terminal/output.ts'
import { captured, undisturbed } from './capture.ts'

export interface LogEntry {
  readonly level: string
  readonly message: string
  readonly fields: Readonly<Record<string, string>>
  readonly error?: { readonly code?: string; readonly message: string }
}

/** The program `run` in this process, as one sees it from outside. */
export interface RunningDaemon extends AsyncDisposable {
  /** Resolves with the first entry of this message, logged already or not; rejects if the daemon ends without it. */
  logged(message: string): Promise<LogEntry>
  readonly log: () => readonly LogEntry[]
  /** The exit code. */
  readonly ended: Promise<number>
  /** As the first signal does. */
  interrupt(): void
  /** As the second signal does. */
  interruptAgain(): void
}

export function startRun(args: readonly string[], env: Environment): RunningDaemon {
  const entries: LogEntry[] = []
  const waiting = new Set<() => void>()
  const [signal, immediate] = [new AbortController(), new AbortController()]
  const err = captured()
  const listening = {
    ...err,
    write(text: string) {
      err.write(text)
      if (!text.startsWith('{')) return
      entries.push(JSON.parse(text))
      for (const look of [...waiting]) look()
    },
  }
  const ended = main(['run', ...args], {
    output: { out: captured(), err: listening },
    env,
    ...undisturbed,
    signal: signal.signal,
    immediate: immediate.signal,
  })
  const find = (message: string): LogEntry | undefined => entries.find((entry) => entry.message === message)

  return {
    logged: (message) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = find(message)
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
        void ended.then((code) => reject(new Error(`ended with ${code} before "${message}":\n${err.text()}`)))
      }),
    log: () => entries,
    ended,
    interrupt: () => signal.abort(),
    interruptAgain: () => immediate.abort(),
    async [Symbol.asyncDispose]() {
      signal.abort()
      immediate.abort()
      await ended
    },
  }
}
