/**
 * `pnpm published`: packs every public package as its users will get it and looks into the tarball: what it contains,
 * its entry points (publint) and its types (are the types wrong). Wants a build.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { publicPackages } from './lib/packages.mjs'
import { report } from './lib/report.mjs'
import { root } from './lib/root.mjs'
import { run } from './lib/run.mjs'

const tarballs = join(root, 'reports/packages')
const mustContain = ['package.json', 'README.md', 'LICENSE']

/**
 * @param {string} directory of the package
 * @returns {Promise<{ readonly filename: string, readonly problems: string[] }>}
 */
async function pack(directory) {
  const { code, output } = await run('pnpm', {
    args: ['--dir', directory, 'pack', '--json', '--pack-destination', tarballs],
  })
  if (code !== 0) return { filename: '', problems: [output] }
  /** @type {{ filename: string, files: { path: string }[] }} */
  const { filename, files } = JSON.parse(output.slice(output.indexOf('{')))
  const contents = new Set(files.map((file) => file.path))
  return { filename, problems: mustContain.filter((file) => !contents.has(file)).map((file) => `has no ${file}`) }
}

/** @param {string} tarball */
async function inspect(tarball) {
  const results = await Promise.all([
    run('publint', { args: [tarball, '--strict'] }),
    // Without a look at DefinitelyTyped, which would be a download.
    run('attw', { args: [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-definitely-typed'] }),
  ])
  return results.filter(({ code }) => code !== 0).map(({ output }) => output)
}

rmSync(tarballs, { recursive: true, force: true })
mkdirSync(tarballs, { recursive: true })

/** @type {string[]} */
const problems = []
for (const { name, directory } of publicPackages()) {
  const { filename, problems: missing } = await pack(directory)
  const wrong = filename === '' ? missing : [...missing, ...(await inspect(filename))]
  problems.push(...wrong.map((problem) => `${name}: ${problem}`))
}
report(problems)
