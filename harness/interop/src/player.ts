import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { isDefinite, type Line, parseLine, type Request, type Verdict } from './lines.ts'
import type { Place } from './place.ts'
import type { Scenario, WatcherKind } from './scenarios.ts'

/** A life of the program has this long; it gives up by itself before that. */
const lifeLimitMs = 4 * 60_000
const logLength = 8_000

export interface Played {
  readonly verdict: Verdict
  /** The end of what the program said on its way. */
  readonly log: string
}

type Process = ChildProcessByStdio<Writable, Readable, Readable>

/** Plays a scenario; a program that asks to be killed is killed, and goes on in another life. */
export async function playScenario(
  program: string,
  { name }: Scenario,
  kind: WatcherKind,
  place: Place,
): Promise<Played> {
  let log = ''
  let resume: unknown
  for (;;) {
    const child: Process = spawn(program, [name, kind], { stdio: ['pipe', 'pipe', 'pipe'] })
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    const timer = setTimeout(kill, lifeLimitMs)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = `${log}${text}`.slice(-logLength)
    })
    // Its end is told by its output.
    child.stdin.on('error', () => {})
    child.stdin.write(`${JSON.stringify({ ...place.description, resume })}\n`)
    try {
      const end = await conversation(child, place)
      if ('verdict' in end) return { verdict: end, log }
      resume = end.resume
    } finally {
      clearTimeout(timer)
      kill()
      process.off('exit', kill)
    }
  }
}

/** Does what the program asks for, until it has a verdict or wants to be killed. */
async function conversation(child: Process, place: Place): Promise<Verdict | Request> {
  for await (const text of createInterface({ input: child.stdout })) {
    // A package that go-perun's wallets import says its random seed here.
    if (!text.startsWith('{')) continue
    const line: Line = parseLine(text)
    if (isDefinite(line)) return line
    if (line.do === 'kill-me') return line
    child.stdin.write(`${JSON.stringify(await answer(line, place))}\n`)
  }
  return { verdict: 'failed', reason: 'the program ended, or hung until it was killed, without a verdict' }
}

async function answer(request: Request, place: Place): Promise<{ readonly error?: string }> {
  try {
    await place.do(request)
    return {}
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
