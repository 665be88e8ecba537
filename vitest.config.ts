import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string): string => fileURLToPath(new URL(`./packages/${path}`, import.meta.url))
const names = [
  'core',
  'protocol',
  'transport-local',
  'transport-zmq',
  'store-lmdb',
  'chain-evm',
  'chain-viem',
  'chain-ethers',
  'devnet',
]
const entries = [
  ...names.map((name) => [name, `${name}/src/index.ts`] as const),
  ['core/system', 'core/src/system/system-clock.ts'] as const,
  ['core/testing', 'core/src/testing/index.ts'] as const,
  ...['store', 'transport', 'watcher'].map((kit) => [`conformance/${kit}`, `conformance/src/${kit}/index.ts`] as const),
  ...['bundle', 'killable-child', 'servant'].map((part) => [`crash/${part}`, `crash/src/world/${part}.ts`] as const),
  ['simulation/dice', 'simulation/src/world/random.ts'] as const,
  ['daemon/internal', '../apps/daemon/src/internal.ts'] as const,
]

export default defineConfig({
  resolve: {
    // Tests read the sources, so that a failing line is the line you edit; the built packages are tested by the demo and the example.
    alias: entries.map(([name, path]) => ({ find: new RegExp(`^@perun-watcher/${name}$`), replacement: source(path) })),
  },
  test: {
    include: ['{packages,apps,examples}/*/test/**/*.test.ts', 'bench/test/**/*.test.ts', 'tools/test/**/*.test.ts'],
    // Generous, never an assertion: a test that needs it is stuck, not slow.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
