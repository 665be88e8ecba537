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

/** The simulation's worker with the engine in it, as one script, with some changes to the engine. */
export async function bundleWorker(patches: readonly Patch[] = []): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    write: false,
    logLevel: 'silent',
    tsconfig: `${repository}tsconfig.json`,
    plugins: [patching(patches)],
  })
  const [output] = outputFiles
  if (output === undefined) throw new Error('esbuild made nothing of the simulation.')
  return output.text
}

function patching(patches: readonly Patch[]): Plugin {
  const patchesOf = (path: string): readonly Patch[] =>
    patches.filter(({ file }) => path === `${repository}packages/core/src/${file}`)
  return {
    name: 'patch',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const mine = patchesOf(path)
        if (mine.length === 0) return undefined
        return { contents: mine.reduce(patched, readFileSync(path, 'utf8')), loader: 'ts' }
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
