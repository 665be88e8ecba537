/**
 * `pnpm simulate [--world …]`: the simulated lives of one world. `engine` (the default) is the engine on a simulated ledger,
 * `nodes` the whole chain backend among simulated endpoints.
 */
import { parseArgs } from 'node:util'
import { run } from './lib/run.mjs'

const worlds = new Map([
  ['engine', 'harness/simulation/src/cli/simulate.ts'],
  ['nodes', 'harness/nodes/src/cli/simulate.ts'],
])

const { values } = parseArgs({ options: { world: { type: 'string' } }, strict: false })
const { world = 'engine' } = values
const program = worlds.get(String(world))

if (program !== undefined) {
  const args = process.argv.slice(2)
  const at = args.findIndex((each) => each.startsWith('--world'))
  const own = at === -1 ? args : args.toSpliced(at, args[at] === '--world' ? 2 : 1)
  const { code } = await run(process.execPath, { args: ['--import', 'tsx', program, ...own], output: 'inherit' })
  process.exitCode = code
} else {
  console.error(`--world must be one of ${[...worlds.keys()].join(', ')}, not ${world}.`)
  process.exitCode = 2
}
