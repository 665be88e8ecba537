import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { spawnProgramGroup } from '@perun-watcher/harness-kit/spawn-program'

const program = fileURLToPath(new URL('../scripts/run-tests.mjs', import.meta.url))

export interface TestRun {
  /** `timeout`: it was killed, because nothing happened any more. `broken`: the runner itself could not go on. */
  readonly outcome: 'passed' | 'failed' | 'timeout' | 'broken'
  /** Test files that failed, or that hung; from the root. */
  readonly failed: readonly string[]
  /** What the runner complained about. */
  readonly complaint: string
}

export interface TestRunOptions {
  readonly root: string
  /** In the order in which they are to run. */
  readonly files: readonly string[]
  readonly stopsAtFailure: boolean
  /** Milliseconds without a test that ends, after which the run counts as hung. */
  readonly idleMs: number
}

interface Result {
  readonly failed: readonly string[]
  readonly ok: boolean
}

/** Runs test files in a process of its own, which ends with this one or when it hangs. */
export async function runTests({ idleMs, ...task }: TestRunOptions): Promise<TestRun> {
  // A worker in an endless loop hears of nothing: it has to be killed too.
  const group = spawnProgramGroup(program, [JSON.stringify(task)])
  let complaint = ''
  group.program.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = `${complaint}${text}`.slice(-longestComplaint)
  })
  let isHung = false
  const hang = setTimeout(() => {
    isHung = true
    group.kill()
  }, idleMs)
  let current: string | undefined
  let result: Result | undefined
  for await (const line of createInterface(group.program.stdout)) {
    hang.refresh()
    if (line.startsWith(fileMark)) current = line.slice(fileMark.length)
    if (!line.startsWith(resultMark)) continue
    result = parse(line)
    break
  }
  clearTimeout(hang)
  // A mutant may have left something behind that keeps it alive.
  group.kill()
  if (isHung) return { outcome: 'timeout', failed: current === undefined ? [] : [current], complaint }
  if (result === undefined) return { outcome: 'broken', failed: [], complaint }
  return { outcome: result.ok ? 'passed' : 'failed', failed: result.failed, complaint }
}

const longestComplaint = 4_000

/** What a test prints may stand between these lines. */
const fileMark = 'file '
const resultMark = '{"failed":['

function parse(line: string): Result {
  const { failed, ok }: Result = JSON.parse(line)
  return { failed, ok }
}
