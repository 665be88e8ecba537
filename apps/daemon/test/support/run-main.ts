import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from '../../src/cli/main.ts'
import type { Environment } from '../../src/terminal/output.ts'
import { capturedOutput, undisturbed } from './capture.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the program in this process, without the environment of whoever runs the tests. */
export async function runMain(args: readonly string[], env: Environment = { HOME: '/nonexistent' }): Promise<Ran> {
  const output = capturedOutput()
  const code = await main(args, { output, env, ...undisturbed })
  return { code, out: output.out.text(), err: output.err.text() }
}

export interface Folder extends Disposable {
  readonly path: string
  readonly in: (name: string) => string
}

/** An empty folder, gone at the end of the scope. */
export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'pw-daemon-'))
  return {
    path,
    in: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}
