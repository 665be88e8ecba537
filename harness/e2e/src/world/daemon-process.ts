import { join } from 'node:path'
import { spawnProgram } from '@perun-watcher/harness-kit/spawn-program'
import { askStatus, type DaemonStatus } from './control-socket.ts'
import { until } from './until.ts'

/** How it ended. */
export interface DaemonEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** One life of the daemon: the program, as an operator starts it. */
export interface DaemonProcess {
  readonly pid: number
  readonly socket: string
  readonly log: DaemonLog
  /** Resolves when it says that it is ready. @throws Error if it ends before, with what it said last. */
  whenReady(): Promise<DaemonStatus>
  /** Resolves when clients can connect, whatever it says of the rest. @throws Error as `whenReady` */
  whenRunning(): Promise<DaemonStatus>
  /** Never rejects. */
  readonly ended: Promise<DaemonEnd>
  /** From here on nobody reads its log, as where a terminal was closed. */
  leaveUnread(): void
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT' | 'SIGHUP'): void
}

/** What it wrote to its log. */
export interface DaemonLog {
  readonly lines: number
  readonly bytes: number
  /** The last lines. */
  readonly tail: string
}

const tailLength = 20_000

/** No start takes longer, also where many are made at once. */
const startMs = 150_000

export function startDaemonProcess(program: string, configFile: string, data: string): DaemonProcess {
  const child = spawnProgram(program, ['run', '--config', configFile])
  child.stdout.resume()
  const socket = join(data, 'control.sock')
  const log = { lines: 0, bytes: 0, tail: '' }
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log.lines += text.split('\n').length - 1
    log.bytes += text.length
    log.tail = `${log.tail}${text}`.slice(-tailLength)
  })
  let hasEnded = false
  const ended = new Promise<DaemonEnd>((resolve) => {
    child.once('close', (code, signal) => {
      hasEnded = true
      resolve({ code, signal })
    })
  })

  function when(what: string, isSo: (status: DaemonStatus) => boolean): Promise<DaemonStatus> {
    async function look(): Promise<DaemonStatus | undefined> {
      if (hasEnded) throw new Error(`The daemon ended before it was ${what}: ${log.tail}`)
      const status = await askStatus(socket)
      return status !== undefined && isSo(status) ? status : undefined
    }
    return until(`a daemon that is ${what}`, look, startMs)
  }

  return {
    pid: child.pid ?? 0,
    socket,
    log,
    whenReady: () => when('ready', ({ readiness }) => readiness.ready),
    whenRunning: () => when('running', ({ phase }) => phase === 'running'),
    ended,
    leaveUnread: () => void child.stderr.destroy(),
    kill: (signal) => void child.kill(signal),
  }
}
