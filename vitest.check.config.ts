import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import all from './vitest.config.ts'

/*
 * The same tests, as `pnpm test` runs them: most files of a worker share what they import, which saves half of the time that
 * they take. Not for single files, nor for what hands options to vitest: a project takes few of them.
 */

/** Where much is done with sockets, files and programs, or what a module keeps is tested: each file has a process to itself. */
const apart = [
  '{apps,examples}/*/test/**/*.test.ts',
  'packages/{chain-ethers,chain-viem,store-lmdb,transport-grpc,transport-zmq}/test/**/*.test.ts',
  'packages/chain-evm/test/codec/keccak.prop.test.ts',
  'harness/{bench,crash,devnet,e2e}/test/**/*.test.ts',
]

const project = (test: TestProjectInlineConfiguration['test']): TestProjectInlineConfiguration => ({
  ...all,
  test: { ...all.test, ...test },
})

export default defineConfig({
  test: {
    projects: [
      project({ name: 'apart', include: apart }),
      project({
        name: 'together',
        exclude: ['**/node_modules/**', ...apart],
        isolate: false,
        setupFiles: ['./tools/vitest/leaves-no-trace.ts'],
      }),
    ],
  },
})
