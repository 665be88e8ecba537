import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cp, readdir, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { temporaryFolder } from '@perun-watcher/harness-kit/temporary-folder'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDaemon } from '../src/world/daemon.ts'
import { startTestChain, type TestChain } from '../src/world/test-chain.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const checkout = join(root, 'apps/daemon')
const dockerfile = join(checkout, 'packaging/docker/Dockerfile')

let chain: TestChain
beforeAll(async () => {
  chain = await startTestChain()
})
afterAll(() => chain?.[Symbol.asyncDispose]())

const run = promisify(execFile)

/** What the Dockerfile copies, with what its earlier steps have built of it: pnpm writes into the tree that it deploys from. */
async function copyInto(folder: string): Promise<void> {
  const left = new Set(['node_modules', '.git', 'reports'])
  await cp(root, folder, { recursive: true, filter: (source) => !left.has(basename(source)) })
}

/** The step of the Dockerfile that makes the tree of the image, made here in an empty folder; or why it cannot be. */
async function deployInto(folder: string, from: string): Promise<string | undefined> {
  const step = /^ && (npx pnpm@\S+) (--filter .* deploy) \/app$/m.exec(readFileSync(dockerfile, 'utf8'))
  const [, program, options] = step ?? []
  if (program === undefined || options === undefined) throw new Error(`${dockerfile} has no step that deploys.`)
  try {
    const [file = '', ...first] = program.split(' ')
    await run(file, ['--yes', ...first, ...options.split(' '), folder], { cwd: from, timeout: 60_000 })
    return undefined
  } catch (error) {
    const said = outputOf(error)
    if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|META_FETCH_FAIL|NO_OFFLINE/.test(said)) {
      return 'the registry cannot be reached'
    }
    throw new Error(`The step of the Dockerfile failed: ${said}`)
  }
}

/** What a program said that failed. */
function outputOf(error: unknown): string {
  const [stdout, stderr] = ['stdout', 'stderr'].map((name) => (error instanceof Error ? Reflect.get(error, name) : ''))
  return `${stdout}${stderr}` || String(error)
}

/** Kills a daemon where it stands, and starts it again over what it left. */
async function livesAgain(program: string, folder: string): Promise<void> {
  const ipc = `ipc://${join(folder, 'clients.sock')}`
  const settings = { listen: { endpoints: JSON.stringify(['tcp://127.0.0.1:*', ipc]), enrolment: '"open"' } }
  await using daemon = await startDaemon({ program, folder, devnet: chain.devnet, settings })
  for (let life = 0; life < 2; life++) {
    await daemon.kill()
    const left = [...(await readdir(daemon.data)), ...(await readdir(folder))]
    expect(left.filter((name) => name.endsWith('.sock'))).toEqual(['control.sock', 'clients.sock'])
    await daemon.start()
    expect((await daemon.status()).phase).toBe('running')
  }
}

describe('a tree with symbolic links, over the sockets of a daemon that was killed', { timeout: 300_000 }, () => {
  it('of a checkout: the daemon starts', async ({ skip }) => {
    const program = join(checkout, 'dist/cli.js')
    if (!existsSync(program)) return skip('nothing is built: run pnpm build')
    using folder = temporaryFolder('deployed')
    await livesAgain(program, join(folder.path, 'run'))
  })

  it('of the image: the daemon starts', async ({ skip }) => {
    if (!existsSync(join(checkout, 'dist/cli.js'))) return skip('nothing is built: run pnpm build')
    using folder = temporaryFolder('deployed')
    const app = join(folder.path, 'app')
    await copyInto(join(folder.path, 'build'))
    const missing = await deployInto(app, join(folder.path, 'build'))
    if (missing !== undefined) return skip(missing)
    const command = join(folder.path, 'perun-watcher')
    await symlink(join(app, 'dist/cli.js'), command)
    await livesAgain(command, join(folder.path, 'run'))
  })
})
