import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { spawnProgramGroup } from '@perun-watcher/harness-kit/spawn-program'

const program = fileURLToPath(new URL('../scripts/run-tests.mjs', import.meta.url))

export interface TestRun {
  /** `timeout`: it was killed before it ended. `broken`: the runner itself could not go on. */
  readonly outcome: 'passed' | 'failed' | 'timeout' | 'broken'
  /** Test files, from the root. */
  readonly failed: readonly string[]
  readonly seconds: number
  /** What the runner complained about. */
  readonly complaint: string
}

export interface TestRunOptions {
  readonly root: string
  /** In the order in which they are to run. */
  readonly files: readonly string[]
  readonly stopsAtFailure: boolean
  readonly timeoutMs: number
}

interface Result {
  readonly failed: readonly string[]
  readonly ok: boolean
}

/** Runs test files in a process of its own, which ends with this one or when the time is over. */
export async function runTests({ timeoutMs, ...task }: TestRunOptions): Promise<TestRun> {
  const started = performance.now()
  // A worker in an endless loop hears of nothing: it has to be killed too.
  const group = spawnProgramGroup(program, [JSON.stringify(task)])
  let complaint = ''
  group.program.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = `${complaint}${text}`.slice(-longestComplaint)
  })
  const limit = timer(timeoutMs)
  const result = await Promise.race([resultOf(group.program.stdout), limit.over])
  limit.stop()
  // A mutant may have left something behind that keeps it alive.
  group.kill()
  const seconds = (performance.now() - started) / 1000
  if (result === 'over') return { outcome: 'timeout', failed: [], seconds, complaint }
  if (result === undefined) return { outcome: 'broken', failed: [], seconds, complaint }
  return { outcome: result.ok ? 'passed' : 'failed', failed: result.failed, seconds, complaint }
}

const longestComplaint = 4_000

/** `undefined` where the output ends without one. */
async function resultOf(stdout: Readable): Promise<Result | undefined> {
  for await (const line of createInterface(stdout)) if (line.startsWith(resultMark)) return parse(line)
  return undefined
}

/** What the tests print may stand before it. */
const resultMark = '{"failed":['

function parse(line: string): Result {
  const { failed, ok }: Result = JSON.parse(line)
  return { failed, ok }
}

function timer(milliseconds: number): { readonly over: Promise<'over'>; stop(): void } {
  const ending = new AbortController()
  const over = delay(milliseconds, 'over' as const, { signal: ending.signal })
  over.catch(() => {})
  return { over, stop: () => ending.abort() }
}
