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
  ...['bundle', 'killable-child', 'servant'].map(
    (part) => [`crash/${part}`, `harness/crash/src/world/${part}.ts`] as const,
  ),
  ['simulation/dice', 'harness/simulation/src/world/random.ts'] as const,
  ['daemon/internal', 'apps/daemon/src/internal.ts'] as const,
]

export default defineConfig({
  resolve: {
    // Tests read the sources, so that a failing line is the line you edit; the built packages are tested by the demo and the example.
    alias: entries.map(([name, path]) => ({ find: new RegExp(`^@perun-watcher/${name}$`), replacement: source(path) })),
  },
  test: {
    include: ['{packages,apps,harness,examples}/*/test/**/*.test.ts', 'tools/test/**/*.test.ts'],
    // Generous, never an assertion: a test that needs it is stuck, not slow.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
