import { defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.base.config.ts'

/** Where tests work with sockets, files and other processes: each file has a process to itself. */
const apart = [
  '{apps,examples}/*/test/**/*.test.ts',
  'packages/{chain-ethers,chain-viem,store-lmdb,transport-zmq}/test/**/*.test.ts',
  'harness/{bench,crash,devnet,e2e}/test/**/*.test.ts',
]

const all = '{packages,apps,harness,examples}/*/test/**/*.test.ts'

export default mergeConfig(
  base,
  defineConfig({
    test: {
      projects: [
        { extends: true, test: { name: 'apart', include: apart } },
        {
          extends: true,
          test: {
            name: 'together',
            include: [all, 'tools/test/**/*.test.ts'],
            exclude: ['**/node_modules/**', ...apart],
            // The files of a worker share what they import: half of the time went into importing and compiling the same again.
            isolate: false,
            setupFiles: ['./tools/vitest/leaves-no-trace.ts'],
          },
        },
      ],
    },
  }),
)
