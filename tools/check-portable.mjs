/** `pnpm portable`: no committed file names a registry, a directory of this machine, or the address of a tarball. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { findLocal } from './lib/portable.mjs'
import { report } from './lib/report.mjs'
import { root } from './lib/root.mjs'

const binary = /\.(?:png|jpg|gif|ico|pdf|wasm|gz|tgz)$/

/**
 * What the patterns cannot know: where this checkout lies and who is at home here.
 *
 * @type {import('./lib/portable.mjs').Rule[]}
 */
const thisMachine = [root, `${homedir()}/`].map((path) => ({
  pattern: new RegExp(`(?<![\\w.@~/-])${path.replaceAll(/[^\w/]/g, '\\$&')}`),
  what: 'a path of this machine',
}))

const committed = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')

report(
  committed
    .filter((path) => path !== '' && !binary.test(path) && existsSync(join(root, path)))
    .flatMap((path) => findLocal(path, readFileSync(join(root, path), 'utf8'), thisMachine)),
)
