import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const repository = fileURLToPath(new URL('../../../', import.meta.url))

/** What holds native code must stay in its package: by its name, the package of ours that depends on it. */
const natives: Readonly<Record<string, string>> = { lmdb: 'store-lmdb', zeromq: 'transport-zmq' }

export interface BundleOptions {
  /** A file of ours. */
  readonly entry: string
  readonly outfile: string
  /** `esm` for a program that awaits at its top level. Default: `cjs`. */
  readonly format?: 'cjs' | 'esm'
}

/**
 * Writes a program with all of our sources as one script: a process that has to be started a thousand times must not look
 * for a thousand files first.
 */
export async function bundle({ entry, outfile, format = 'cjs' }: BundleOptions): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format,
    logLevel: 'silent',
    tsconfig: `${repository}tsconfig.json`,
    // What looks for native code from where it stands must still stand in its package.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(`${repository}packages/chain-evm/src/index.ts`).href) },
    // Libraries in it are CommonJS.
    ...(format === 'esm' ? { banner: { js: requireForModules } } : {}),
    plugins: [
      {
        name: 'native',
        setup({ onResolve }) {
          onResolve({ filter: /^(?:lmdb|zeromq)$/ }, ({ path }) => ({ path: placeOf(path), external: true }))
        },
      },
    ],
  })
}

const requireForModules =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"

function placeOf(native: string): string {
  return createRequire(`${repository}packages/${natives[native]}/package.json`).resolve(native)
}
