import { library } from '../../tsup.base.ts'

// The private devnet is compiled into the program: the demo must work in an installed package too.
export default library({ entry: ['src/cli.ts'], dts: false, noExternal: ['@perun-watcher/devnet'] })
