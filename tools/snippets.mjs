/**
 * `pnpm snippets`: compiles the TypeScript in all documents against the built packages, as their readers will. Blocks that
 * name their file are left out: they are that file (`pnpm docs:check`). Wants a build.
 */
import { join } from 'node:path'
import { entryPointsOf, unbuilt } from './lib/api/entry-points.mjs'
import { repositoryAt } from './lib/documents/repository.mjs'
import { checkSnippets } from './lib/documents/snippets.mjs'
import { publicPackages } from './lib/packages.mjs'
import { findExamples } from './lib/readme-examples.mjs'
import { report } from './lib/report.mjs'
import { root } from './lib/root.mjs'

const devnet = { name: '@perun-watcher/devnet', directory: join(root, 'harness/devnet') }
const entryPoints = entryPointsOf([...publicPackages(), devnet])
const missing = unbuilt(entryPoints)

const { files, read, document } = repositoryAt(root)
const documents = files
  .filter((path) => path.endsWith('.md') && !path.endsWith('.api.md') && !path.startsWith('.changeset/'))
  .map((path) => {
    const compiledElsewhere = findExamples(read(path)).filter(({ source }) => source !== undefined)
    const blocks = document(path).blocks.filter(({ line }) => !compiledElsewhere.some((each) => each.line + 1 === line))
    return { ...document(path), blocks }
  })

report(
  missing.length > 0
    ? missing
    : checkSnippets(documents, {
        root,
        paths: Object.fromEntries(entryPoints.map(({ name, types }) => [name, [types]])),
      }),
)
