import { library } from '../../tsup.base.ts'

/** In chunks: a command loads its own part of the program and what that needs, see `cli/commands.ts`. */
export default library({
  entry: ['src/cli.ts'],
  dts: false,
  splitting: true,
  // Loading all of zod's files takes as long as the rest of `status`, and few of them are needed.
  noExternal: ['zod'],
  esbuildOptions(options) {
    options.chunkNames = 'chunks/[name]-[hash]'
  },
})
