import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from '@perun-watcher/harness-kit/bundle'

const sources = {
  daemon: new URL('../../../../apps/daemon/src/cli.ts', import.meta.url),
  device: new URL('../device/main.ts', import.meta.url),
  crowd: new URL('../crowd/main.ts', import.meta.url),
  hostile: new URL('../hostile/main.ts', import.meta.url),
} as const

/** The programs that become processes, each as one script, and a folder for what they write. */
export interface Programs extends AsyncDisposable {
  readonly daemon: string
  readonly device: string
  readonly crowd: string
  readonly hostile: string
  /** A fresh path in the folder. */
  newFolder(): string
}

export async function bundlePrograms(): Promise<Programs> {
  const folder = await mkdtemp(join(tmpdir(), 'perun-e2e-'))
  async function script(name: keyof typeof sources, format: 'cjs' | 'esm' = 'cjs'): Promise<string> {
    const outfile = join(folder, `${name}.${format === 'esm' ? 'mjs' : 'cjs'}`)
    await bundle({ entry: fileURLToPath(sources[name]), outfile, format })
    return outfile
  }
  const [daemon, device, crowd, hostile] = await Promise.all([
    script('daemon', 'esm'),
    script('device'),
    script('crowd'),
    script('hostile'),
  ])
  let folders = 0
  return {
    daemon,
    device,
    crowd,
    hostile,
    newFolder() {
      folders += 1
      return join(folder, String(folders))
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
