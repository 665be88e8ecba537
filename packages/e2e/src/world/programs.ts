import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from '@perun-watcher/crash/bundle'

const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

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
  const device = join(folder, 'device.cjs')
  const crowd = join(folder, 'crowd.cjs')
  const hostile = join(folder, 'hostile.cjs')
  const daemon = join(folder, 'daemon.mjs')
  await bundle({ entry: place('../../../../apps/daemon/src/cli.ts'), outfile: daemon, format: 'esm' })
  await bundle({ entry: place('../device/main.ts'), outfile: device })
  await bundle({ entry: place('../crowd/main.ts'), outfile: crowd })
  await bundle({ entry: place('../hostile/main.ts'), outfile: hostile })
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
