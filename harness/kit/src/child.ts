import { type ChildProcess, spawn } from 'node:child_process'
import type { Report, Request } from './child-messages.ts'

/** How a process ended. */
export interface End {
  readonly signal: NodeJS.Signals | null
  readonly code: number | null
  /** Nobody killed it through `kill`. */
  readonly isByItself: boolean
  /** Commands that it took but never answered. */
  readonly unanswered: number
  /** The last thing it wrote to standard error, where that was read. */
  readonly complaint: string
}

/** The process ended before it answered. What it was asked for may have happened or not. */
export class ChildEnded extends Error {
  override readonly name = 'ChildEnded'
}

/** The process answered that it could not do what it was asked for. */
export class Refused extends Error {
  override readonly name = 'Refused'
  /** Of the `WatcherError`, or `UNKNOWN`. */
  readonly code: string

  constructor(command: string, code: string, message: string) {
    super(`${command} was refused with ${code}: ${message}`)
    this.code = code
  }
}

/** One life of a process that runs a `ChildProgram`. */
export interface Child<Settings, Command, Answer> {
  /** Until then the process has only loaded its program. */
  begin(settings: Settings): void
  /** Resolves when it takes commands; rejects with `ChildEnded` if it never does. */
  readonly ready: Promise<void>
  /** Never rejects. Everything the process said has been heard by then. */
  readonly ended: Promise<End>
  /** @throws ChildEnded, Refused */
  ask(command: Command): Promise<Answer>
  kill(): void
}

export interface ChildOptions {
  /** Told what the process says without being asked. */
  readonly onNotice?: (message: string) => void
  /** Command-line options for Node. */
  readonly nodeOptions?: readonly string[]
  /** Whether its output goes to our standard error, instead of into `End.complaint`. Default: no. */
  readonly isOutputShown?: boolean
}

interface Question<Answer> {
  readonly type: string
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

const longestComplaint = 4_000

const living = new Set<ChildProcess>()

function killAll(): void {
  for (const child of living) child.kill('SIGKILL')
}

/** Lets no child outlive this process. */
function killAtExit(child: ChildProcess): void {
  if (living.size === 0) process.once('exit', killAll)
  living.add(child)
  const forget = (): void => {
    living.delete(child)
    if (living.size === 0) process.off('exit', killAll)
  }
  child.once('exit', forget).once('error', forget)
}

/** Starts a script that calls `serveParent`. */
export function startChild<Settings extends object, Command extends { readonly type: string }, Answer>(
  script: string,
  { onNotice = () => {}, nodeOptions = [], isOutputShown = false }: ChildOptions = {},
): Child<Settings, Command, Answer> {
  const child = spawn(process.execPath, ['--no-warnings', ...nodeOptions, script], {
    stdio: isOutputShown ? ['ignore', 2, 2, 'ipc'] : ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
  killAtExit(child)
  const questions = new Map<number, Question<Answer>>()
  let asked = 0
  let complaint = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = `${complaint}${text}`.slice(-longestComplaint)
  })

  let isKilled = false
  const ended = endOf(child).then((end) => ({
    ...end,
    isByItself: !isKilled,
    unanswered: questions.size,
    complaint,
  }))
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message: Report<Answer>) => {
      if (message.type === 'ready') resolve()
      else if (message.type === 'notice') onNotice(message.message)
      else settle(message)
    })
    void ended.then(() => reject(new ChildEnded('The process ended before it was ready.')))
  })
  ready.catch(() => {})
  void ended.then(() => {
    for (const { reject } of questions.values()) reject(new ChildEnded('The process ended before it answered.'))
    questions.clear()
  })

  function settle(message: Extract<Report<Answer>, { number: number }>): void {
    const question = questions.get(message.number)
    questions.delete(message.number)
    if (question === undefined) return
    if (message.type === 'answer') question.resolve(message.answer)
    else question.reject(new Refused(question.type, message.code, message.message))
  }

  // That a process dies at this moment is learned from `ended`.
  const tell = (message: Settings | Request<Command>): void => {
    if (child.connected) child.send(message, () => {})
  }

  return {
    begin: tell,
    ready,
    ended,
    ask: (command) =>
      new Promise((resolve, reject) => {
        if (!child.connected) {
          reject(new ChildEnded('The process has ended.'))
          return
        }
        asked += 1
        questions.set(asked, { type: command.type, resolve, reject })
        tell({ number: asked, command })
      }),
    kill() {
      isKilled = true
      child.kill('SIGKILL')
    },
  }
}

/** Resolves when it has ended and everything it said was read: an acknowledgement that was sent counts. */
async function endOf(child: ChildProcess): Promise<Pick<End, 'signal' | 'code'>> {
  const disconnected = new Promise<void>((resolve) => {
    child.once('disconnect', resolve)
    child.once('error', () => resolve())
  })
  const closed = new Promise<Pick<End, 'signal' | 'code'>>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: null, signal: null }))
  })
  const [end] = await Promise.all([closed, disconnected])
  return end
}
