import { processContext } from '@perun-watcher/daemon/internal'
import { main } from './main.ts'

process.exitCode = await main(process.argv.slice(2), processContext(process))
