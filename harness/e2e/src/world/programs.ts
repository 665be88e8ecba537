import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundle } from '@perun-watcher/harness-kit/bundle'
import { temporaryFolder } from '@perun-watcher/harness-kit/temporary-folder'

const sources = {
  daemon: new URL('../../../../apps/daemon/src/cli.ts', import.meta.url),
  device: new URL('../device/main.ts', import.meta.url),
  crowd: new URL('../crowd/main.ts', import.meta.url),
  hostile: new URL('../hostile/main.ts', import.meta.url),
} as const

/** The programs that become processes, each as one script, and a folder for what they write. */
export interface Programs extends Disposable {
  readonly daemon: string
  readonly device: string
  readonly crowd: string
  readonly hostile: string
  /** A fresh path in the folder. */
  newFolder(): string
}

export async function bundlePrograms(): Promise<Programs> {
  const folder = temporaryFolder('e2e')
  async function script(name: keyof typeof sources, format: 'cjs' | 'esm' = 'cjs'): Promise<string> {
    const path = join(folder.path, `${name}.${format === 'esm' ? 'mjs' : 'cjs'}`)
    await writeFile(path, await bundle({ entry: sources[name], format }))
    return path
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
      return join(folder.path, String(folders))
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  }
}
