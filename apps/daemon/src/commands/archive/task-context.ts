import type { Clock } from '@perun-watcher/core'
import type { Output } from '../../terminal/output.ts'
import { jsonLine } from '../../terminal/output.ts'
import { progressOn } from '../../terminal/progress.ts'
import { themeFor } from '../../terminal/theme.ts'
import { type Contents, contentLines } from './contents.ts'
import type { WorkOptions } from './store-files.ts'

/** Where work on a store is reported, and the signal that ends it. */
export interface TaskContext {
  readonly output: Output
  readonly clock: Clock
  readonly json: boolean
  readonly signal: AbortSignal
}

/** Runs long work and reports its progress on standard error. */
export async function withProgress<T>(
  what: string,
  { output, clock, signal }: TaskContext,
  work: (options: WorkOptions) => Promise<T>,
): Promise<T> {
  const progress = progressOn(output.err, clock, what)
  try {
    return await work({ signal, onProgress: progress.at })
  } finally {
    progress.end()
  }
}

/** Reports what a store holds, and what to do next. @returns whether nothing is damaged. */
export function tellContents(
  contents: Contents,
  hints: readonly string[],
  { output: { out }, json }: TaskContext,
): boolean {
  if (json) out.write(`${jsonLine({ ...contents, hints })}\n`)
  else out.write(`${[...contentLines(contents, themeFor(out)), ...hints].join('\n')}\n`)
  return contents.damaged === 0
}
