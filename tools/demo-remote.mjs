/** `pnpm demo:daemon` and `pnpm demo:device`, in two terminals: the programs in examples/device. */
import { show } from './lib/show.mjs'

const [part, ...args] = process.argv.slice(2)
process.exitCode = await show(['--import', 'tsx', `examples/device/src/${part}-cli.ts`, ...args])
