import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const here = fileURLToPath(new URL('..', import.meta.url))
const programs = join(here, 'node_modules', '.bin')
const files = ['grpc/health/v1/health_pb', 'grpc/reflection/v1/reflection_pb'].flatMap((name) =>
  ['js', 'd.ts'].map((ending) => join('src/generated', `${name}.${ending}`)),
)

async function buf(parameters: readonly string[], folder: string): Promise<void> {
  const env = {
    ...process.env,
    PATH: [programs, process.env['PATH']].join(delimiter),
    BUF_CACHE_DIR: join(folder, 'cache'),
  }
  await run(join(programs, 'buf'), parameters, { cwd: here, env })
}

async function withFolder(task: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'perun-watcher-grpc-proto-'))
  try {
    await task(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe('the schemas of health and reflection', () => {
  it('is what the generated code was made from: otherwise run `pnpm --filter @perun-watcher/transport-grpc generate`', () =>
    withFolder(async (folder) => {
      await buf(['generate', '--output', folder], folder)
      for (const file of files) {
        expect(await readFile(join(here, file), 'utf8')).toBe(await readFile(join(folder, file), 'utf8'))
      }
    }))
})
