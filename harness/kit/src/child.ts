import { type ChildProcess, spawn } from 'node:child_process'
import type { Report, Request } from './child-messages.ts'

/** How a process ended. */
export interface End {
  readonly signal: NodeJS.Signals | null
  readonly code: number | null
  /** Nobody outside killed it. */
  readonly isByItself: boolean
  /** Questions that it took along. */
  readonly unanswered: number
  /** The last that it said on standard error. */
  readonly complaint: string
}

/** The process ended before it answered. What it was asked for may have happened or not. */
export class ChildEnded extends Error {
  override readonly name = 'ChildEnded'
}

/** It said no. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: string

  constructor(command: string, code: string, message: string) {
    super(`${command} was refused with ${code}: ${message}`)
    this.code = code
  }
}

/** One life of a process. */
export interface Child<Settings, Command, Answer> {
  /** Until then the process has only loaded its program. */
  begin(settings: Settings): void
  /** Resolves when it takes commands; rejects with `ChildEnded` if it never does. */
  readonly ready: Promise<void>
  /** Never rejects. Everything that it said is heard by then. */
  readonly ended: Promise<End>
  /** @throws ChildEnded, Refused */
  ask(command: Command): Promise<Answer>
  kill(): void
}

interface Question<Answer> {
  readonly type: string
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

const longestComplaint = 4_000

/**
 * Starts a script that serves its parent: see `serveParent`.
 *
 * @param onNotice told what it says without being asked.
 */
export function startChild<Settings extends object, Command extends { readonly type: string }, Answer>(
  script: string,
  onNotice: (message: string) => void,
): Child<Settings, Command, Answer> {
  const child = spawn(process.execPath, ['--no-warnings', script], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
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

  // A process that dies right now is heard of through `ended`.
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

/** Ended, and everything read that it had said: an acknowledgement that was sent counts. */
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
