import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string): string => fileURLToPath(new URL(`./${path}`, import.meta.url))
const packages = [
  'core',
  'protocol',
  'transport-local',
  'transport-zmq',
  'store-lmdb',
  'chain-evm',
  'chain-viem',
  'chain-ethers',
]
const entries = [
  ...packages.map((name) => [name, `packages/${name}/src/index.ts`] as const),
  ['core/system', 'packages/core/src/system/system-clock.ts'] as const,
  ['core/testing', 'packages/core/src/testing/index.ts'] as const,
  ...['store', 'transport', 'watcher'].map(
    (kit) => [`conformance/${kit}`, `packages/conformance/src/${kit}/index.ts`] as const,
  ),
  ['devnet', 'harness/devnet/src/index.ts'] as const,
  ['mutation', 'harness/mutation/src/index.ts'] as const,
]

/**
 * A worker whose test hangs would go on for ever once its runner was killed, and so would every process that the test
 * started. Bound early, because vitest replaces `process.exit`.
 */
const endWithRunner = "const exit = process.exit.bind(process); process.once('disconnect', () => exit(1))"

export default defineConfig({
  resolve: {
    // Tests read the sources, so that a failing line is the line you edit; the built packages are tested by the demo and the example.
    alias: [
      ...entries.map(([name, path]) => ({ find: new RegExp(`^@perun-watcher/${name}$`), replacement: source(path) })),
      { find: /^@perun-watcher\/harness-kit\/(.+)$/, replacement: `${source('harness/kit/src')}/$1.ts` },
    ],
  },
  test: {
    execArgv: ['--import', `data:text/javascript,${encodeURIComponent(endWithRunner)}`],
    include: ['{packages,apps,harness,examples}/*/test/**/*.test.ts', 'tools/test/**/*.test.ts'],
    // Generous, never an assertion: a test that needs it is stuck, not slow.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
