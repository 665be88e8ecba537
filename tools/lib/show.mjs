import { run } from './run.mjs'

const patienceMs = 3_000

/**
 * Builds the daemon and whatever it needs, then runs a program. Standard output is that program's alone, so that it can be
 * piped; the build speaks on standard error, and only when it takes long or fails.
 *
 * @param {readonly string[]} args of node
 * @returns {Promise<number>} the exit code
 */
export async function show(args) {
  const notice = setTimeout(() => console.error('Building the watcher, once…'), patienceMs)
  const build = await run('turbo', {
    args: ['run', 'build', '--filter=@perun-watcher/daemon', '--output-logs=errors-only'],
  })
  clearTimeout(notice)
  if (build.code !== 0) {
    console.error(build.output)
    console.error('The build failed, so there is nothing to show. To see it alone: pnpm build')
    return build.code
  }
  return (await run(process.execPath, { args, output: 'inherit' })).code
}
