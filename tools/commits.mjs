/**
 * `pnpm commits`: the subjects of all commits after the last one that was made before there was a rule for them. A clone
 * whose history does not reach so far back skips the check and says so.
 */
import { execFileSync } from 'node:child_process'
import { checkCommits } from './lib/commits.mjs'
import { report } from './lib/report.mjs'
import { root } from './lib/root.mjs'

const lastWithoutRule = 'b352daaf826419a7c7bb32b63caeee36b97db5fc'

/** @param {readonly string[]} args */
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

function reachesBack() {
  try {
    git('merge-base', '--is-ancestor', lastWithoutRule, 'HEAD')
    return true
  } catch {
    return false
  }
}

if (reachesBack()) {
  const lines = git('log', '--no-merges', '--format=%H %s', `${lastWithoutRule}..HEAD`).split('\n')
  report(
    checkCommits(
      lines.filter((line) => line !== '').map((line) => ({ id: line.slice(0, 40), subject: line.slice(41) })),
    ),
  )
} else {
  console.error(`Skipped: the history here does not reach back to ${lastWithoutRule.slice(0, 8)}. A shallow clone?`)
}
