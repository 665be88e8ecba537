import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const entry = fileURLToPath(new URL('../child/main.ts', import.meta.url))

/** Looked up from a package of ours that depends on it. */
function seenFrom(folder: string): NodeJS.Require {
  return createRequire(`${repository}packages/${folder}/package.json`)
}

/**
 * Writes the child with all of our sources as one script: a process that has to be started a thousand times must not
 * look for a thousand files first.
 */
export async function bundleChild(outfile: string): Promise<void> {
  const lmdb = seenFrom('store-lmdb').resolve('lmdb')
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'silent',
    tsconfig: `${repository}tsconfig.json`,
    // What looks for native code from where it stands must still stand in its package.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(`${repository}packages/chain-evm/src/index.ts`).href) },
    plugins: [
      {
        name: 'native',
        setup({ onResolve }) {
          onResolve({ filter: /^lmdb$/ }, () => ({ path: lmdb, external: true }))
        },
      },
    ],
  })
}
