import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { defineConfig } from 'vitest/config'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Where the sources of our packages are: `paths` of tsconfig.json, the only list of them. */
function sourcePaths(): Readonly<Record<string, readonly [string]>> {
  const { config, error } = ts.readConfigFile(here('./tsconfig.json'), ts.sys.readFile)
  if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'))
  return config.compilerOptions.paths
}

/**
 * A worker whose test hangs would go on for ever once its runner was killed, and so would every process that the test
 * started. Bound early, because vitest replaces `process.exit`.
 */
const endWithRunner = "const exit = process.exit.bind(process); process.once('disconnect', () => exit(1))"

export default defineConfig({
  resolve: {
    // Tests read the sources, so that a failing line is the line you edit; the built packages are tested by the demo and the example.
    alias: Object.entries(sourcePaths()).map(([name, [path]]) => ({
      find: new RegExp(`^${name.replace('*', '(.+)')}$`),
      replacement: here(path.replace('*', '$1')),
    })),
  },
  test: {
    execArgv: ['--import', `data:text/javascript,${encodeURIComponent(endWithRunner)}`],
    // More than cores: many tests wait for a block or another process.
    maxWorkers: availableParallelism() + 2,
    include: ['{packages,apps,harness,examples}/*/test/**/*.test.ts', 'tools/test/**/*.test.ts'],
    // Generous, never an assertion: a test that needs it is stuck, not slow.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
