#!/usr/bin/env node
import { main } from './cli/main.ts'
import { processContext } from './terminal/process-context.ts'

process.exitCode = await main(process.argv.slice(2), processContext(process))
