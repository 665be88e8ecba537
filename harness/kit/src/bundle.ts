import { readFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'

const repository = fileURLToPath(new URL('../../../', import.meta.url))

export interface BundleOptions {
  /** A file of ours. */
  readonly entry: URL
  /** `esm` for a program that awaits at its top level, or that should load libraries as users do. Default: `cjs`. */
  readonly format?: 'cjs' | 'esm'
  /** Changes sources on their way into the bundle. @param file the path from the root of the repository. */
  readonly transform?: (source: string, file: string) => string
}

/**
 * A program with all of our sources as one script, as a user's bundler would make it. A loader that transpiles while the
 * program runs would slow down both its start and the code itself.
 *
 * @returns the script, which runs from any folder.
 */
export async function bundle({ entry, format = 'cjs', transform }: BundleOptions): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format,
    logLevel: 'silent',
    tsconfig: `${repository}tsconfig.json`,
    // Some libraries in it are CommonJS.
    ...(format === 'esm' ? { banner: { js: requireForModules } } : {}),
    plugins: [nativePackages(format), ourSources(transform)],
  })
  const [output] = outputFiles
  if (output === undefined) throw new Error(`esbuild made nothing of ${entry.href}.`)
  return output.text
}

const requireForModules =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"

/** Packages with native code look for it next to themselves: they stay where the importing package finds them. */
function nativePackages(format: 'cjs' | 'esm'): Plugin {
  return {
    name: 'native-packages',
    setup(plugins) {
      plugins.onResolve({ filter: /^(?:lmdb|secp256k1|zeromq)$/ }, async ({ path, resolveDir, pluginData }) => {
        if (pluginData === resolving) return undefined
        const kind = format === 'esm' ? 'import-statement' : 'require-call'
        const found = await plugins.resolve(path, { kind, resolveDir, pluginData: resolving })
        return { path: found.path, errors: found.errors, external: true }
      })
    },
  }
}

/** Marks our own question to esbuild, which comes through the same plugin. */
const resolving = Symbol('resolving')

/** What a source file looks for next to itself, it still finds there. */
function ourSources(transform: BundleOptions['transform'] = (source) => source): Plugin {
  return {
    name: 'our-sources',
    setup(plugins) {
      plugins.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (path.includes(`${sep}node_modules${sep}`)) return undefined
        const source = transform(readFileSync(path, 'utf8'), relative(repository, path).replaceAll(sep, '/'))
        const contents = source.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        return { contents, loader: 'ts' }
      })
    },
  }
}
