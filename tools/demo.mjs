/** `pnpm demo …`: builds what the demo needs and runs `perun-watcher demo …`. */
import { show } from './lib/show.mjs'

process.exitCode = await show(['apps/daemon/dist/cli.js', 'demo', ...process.argv.slice(2)])
