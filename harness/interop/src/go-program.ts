import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const source = fileURLToPath(new URL('../go', import.meta.url))
/** The first build compiles go-ethereum, and may have to fetch it. */
const buildLimitMs = 15 * 60_000

/** Builds the program that plays, without cgo, so that no C compiler is needed. @throws Error where Go is missing. */
export async function buildProgram(path: string): Promise<void> {
  await promisify(execFile)('go', ['build', '-o', path, '.'], {
    cwd: source,
    env: { ...process.env, CGO_ENABLED: '0' },
    timeout: buildLimitMs,
  })
}
