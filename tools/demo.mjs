/**
 * `pnpm demo …`: builds what the demo needs and runs `apps/demo`. Standard output is the demo's alone, so that
 * `--json` can be piped; the build speaks on standard error, and only when it takes long or fails.
 */
import { run } from './lib/run.mjs'

const patienceMs = 3_000

const notice = setTimeout(() => console.error('Building the watcher, once…'), patienceMs)
const build = await run('turbo', {
  args: ['run', 'build', '--filter=@perun-watcher/demo', '--output-logs=errors-only'],
})
clearTimeout(notice)

if (build.code === 0) {
  const demo = await run(process.execPath, {
    args: ['--import', 'tsx', 'apps/demo/src/cli.ts', ...process.argv.slice(2)],
    output: 'inherit',
  })
  process.exitCode = demo.code
} else {
  console.error(build.output)
  console.error('The build failed, so there is nothing to show. To see it alone: pnpm build')
  process.exitCode = build.code
}
