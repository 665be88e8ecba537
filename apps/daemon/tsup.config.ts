import { cp } from 'node:fs/promises'
import { library } from '../../tsup.base.ts'

const devnet = '../../harness/devnet'

/**
 * The private devnet is compiled into the program: the demo must work in an installed package too. Its code looks for its
 * contracts and for anvil's supervisor next to the folder that it lies in, so the bundle gives it a folder, and copies.
 */
export default library({
  entry: ['src/cli.ts'],
  dts: false,
  splitting: true,
  noExternal: ['@perun-watcher/devnet'],
  esbuildOptions(options) {
    options.chunkNames = 'chunks/[name]-[hash]'
  },
  async onSuccess() {
    await cp(`${devnet}/contracts`, 'dist/contracts', { recursive: true })
    await cp(`${devnet}/scripts`, 'dist/scripts', { recursive: true })
    await cp(`${devnet}/dist/contracts.json`, 'dist/dist/contracts.json')
  },
})
