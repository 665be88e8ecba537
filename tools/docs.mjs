/**
 * `pnpm docs:check`: documentation that must not drift from the code. The reference pages are written from what they
 * describe (by `pnpm docs:write`); the TypeScript in the pages below is compiled and run as examples; and in every
 * document links lead somewhere, commands exist with their flags, and what stands in backticks as a path or a name does.
 */
import { writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { configurationPage } from '../apps/daemon/src/config/reference.ts'
import { metricsPage } from '../apps/daemon/src/observe/metrics/page.ts'
import { errorCodes } from '../packages/core/src/errors/codes.ts'
import { checkCommands } from './lib/documents/commands.mjs'
import { checkLinks } from './lib/documents/links.mjs'
import { checkIdentifiers, checkPaths, wordsOf } from './lib/documents/names.mjs'
import { existingCommands } from './lib/documents/programs.mjs'
import { repositoryAt } from './lib/documents/repository.mjs'
import { checkPackages, checkScripts } from './lib/documents/workspace.mjs'
import { errorDocs } from './lib/error-docs.mjs'
import { publicPackages } from './lib/packages.mjs'
import { checkExamples } from './lib/readme-examples.mjs'
import { report } from './lib/report.mjs'
import { root } from './lib/root.mjs'

/** @type {ReadonlyMap<string, string>} */
const writtenPages = new Map([
  ['docs/errors.md', errorDocs(errorCodes)],
  ['docs/configuration.md', configurationPage()],
  ['docs/metrics.md', metricsPage()],
])
const pagesWithExamples = ['README.md', 'packages/protocol/README.md']
const packageFolders = ['packages', 'apps', 'harness']
/** Names in our documents that belong to others: a ZeroMQ option and Perun's contracts. */
const foreignNames = ['ZMQ_RECONNECT_IVL', 'Channel.sol', 'Sig.sol', 'NewWatcher', 'HandleProposal']

if (process.argv.includes('--write')) {
  for (const [path, text] of writtenPages) writeFileSync(join(root, path), text)
}

const repository = repositoryAt(root)
const { files, read, document } = repository
const readIfThere = (/** @type {string} */ path) => (files.includes(path) ? read(path) : undefined)
const documents = files.filter((path) => path.endsWith('.md')).map(document)
// Changesets tell what was, reports of the API what compiles.
const current = documents.filter(({ path }) => !path.startsWith('.changeset/') && !path.endsWith('.api.md'))
const manifest = JSON.parse(read('package.json'))
const packages = files
  .filter((path) => path.endsWith('/package.json') && packageFolders.includes(path.split('/').slice(0, -2).join('/')))
  .map((path) => path.replace('/package.json', ''))
const publicFolders = publicPackages().map(({ directory }) => relative(root, directory))
const commands = await existingCommands(manifest)
/** Inside of a package, `pnpm x` is also a script of its own. */
const commandsFor = (/** @type {string} */ path) => {
  const own = JSON.parse(readIfThere(join(dirname(path), 'package.json')) ?? '{}')
  return { ...commands, scripts: new Set([...commands.scripts, ...Object.keys(own.scripts ?? {})]) }
}
const words = wordsOf(repository, [...writtenPages.values()])

report([
  ...[...writtenPages]
    .filter(([path, text]) => readIfThere(path) !== text)
    .map(([path]) => `${path} differs from what it is written from: run pnpm docs:write`),
  ...pagesWithExamples.flatMap((page) => checkExamples(page, read(page), readIfThere)),
  ...documents.flatMap((page) => checkLinks(page, repository)),
  ...current.flatMap((page) => [
    ...checkPaths(page, repository, foreignNames),
    ...checkIdentifiers(page, words, foreignNames),
    ...checkCommands(page, commandsFor(page.path)),
  ]),
  ...checkPackages(document('docs/architecture.md'), packages, packageFolders),
  ...checkPackages(document('README.md'), publicFolders, ['packages', 'apps']),
  ...checkScripts(document('CONTRIBUTING.md'), Object.keys(manifest.scripts)),
])
