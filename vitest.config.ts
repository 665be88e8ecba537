import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (name: string): string => fileURLToPath(new URL(`./packages/${name}/src/index.ts`, import.meta.url))
const names = ['core', 'transport-local', 'chain-evm', 'chain-viem', 'chain-ethers', 'devnet']

export default defineConfig({
  resolve: {
    // Tests read the sources, so that a failing line is the line you edit; the built packages are tested by the demo and the example.
    alias: names.map((name) => ({ find: `@perun-watcher/${name}`, replacement: source(name) })),
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
    // Generous, never an assertion: a test that needs it is stuck, not slow.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
