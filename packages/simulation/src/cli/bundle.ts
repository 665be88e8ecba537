import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const entry = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** One place in the engine's sources, to be changed for a run. */
export interface Patch {
  /** Below packages/core/src. */
  readonly file: string
  /** Must occur exactly once. */
  readonly find: string
  readonly replace: string
}

/** The simulation's worker with the engine in it, as one script. `patch`: with one change to the engine. */
export async function bundleWorker(patch?: Patch): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    write: false,
    logLevel: 'silent',
    tsconfig: `${repository}tsconfig.json`,
    plugins: patch === undefined ? [] : [patching(patch)],
  })
  const [output] = outputFiles
  if (output === undefined) throw new Error('esbuild made nothing of the simulation.')
  return output.text
}

function patching(patch: Patch): Plugin {
  const path = `${repository}packages/core/src/${patch.file}`
  return {
    name: 'patch',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path: loaded }) => {
        if (loaded !== path) return undefined
        return { contents: patched(readFileSync(path, 'utf8'), patch), loader: 'ts' }
      })
    },
  }
}

/** @throws Error unless the place is found exactly once: a mutant that no longer fits must not pass for one. */
function patched(source: string, { file, find, replace }: Patch): string {
  const parts = source.split(find)
  if (parts.length !== 2) {
    throw new Error(`Found ${parts.length - 1} times in ${file}, must be once:\n${find}`)
  }
  return parts.join(replace)
}
