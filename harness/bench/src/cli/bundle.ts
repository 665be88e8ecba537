import { fileURLToPath } from 'node:url'
import { removedLater, type TemporaryPath } from '@perun-watcher/harness-kit/temporary-folder'
import { build } from 'esbuild'

const folder = fileURLToPath(new URL('../../', import.meta.url))

/**
 * The jobs and the watcher's sources as one script, as a user's bundler would make it: what runs sources directly slows
 * them down. It lies in this package, so that it finds the native libraries.
 */
export async function bundleJobs(): Promise<TemporaryPath> {
  const path = `${folder}dist/jobs-${process.pid}.mjs`
  await build({
    entryPoints: [`${folder}src/jobs/main.ts`],
    outfile: path,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['lmdb', 'secp256k1', 'zeromq'],
    logLevel: 'error',
    tsconfig: `${folder}../../tsconfig.json`,
  })
  return removedLater(path)
}
