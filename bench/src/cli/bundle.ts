import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = fileURLToPath(new URL('../../', import.meta.url))

/** A script that exists as long as it is needed. */
export interface Script extends Disposable {
  readonly path: string
}

/**
 * The jobs and the watcher's sources as one script, as a user's bundler would make it: what runs sources directly slows
 * them down. It lies in this package, so that it finds the native libraries.
 */
export async function bundleJobs(): Promise<Script> {
  const path = `${folder}dist/jobs-${process.pid}.mjs`
  await build({
    entryPoints: [`${folder}src/jobs/main.ts`],
    outfile: path,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['lmdb', 'secp256k1'],
    logLevel: 'error',
    tsconfig: `${folder}../tsconfig.json`,
  })
  const remove = (): void => rmSync(path, { force: true })
  process.once('exit', remove)
  return {
    path,
    [Symbol.dispose]() {
      process.off('exit', remove)
      remove()
    },
  }
}
