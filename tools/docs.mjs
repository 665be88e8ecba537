/**
 * `pnpm docs:check`: documentation that must not drift from the code. The reference pages are written from what they
 * describe (by `pnpm docs:write`), and the TypeScript in the README pages below is compiled and run as examples.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configurationPage } from '../apps/daemon/src/config/reference.ts'
import { metricsPage } from '../apps/daemon/src/observe/metrics/page.ts'
import { errorCodes } from '../packages/core/src/errors/codes.ts'
import { errorDocs } from './lib/error-docs.mjs'
import { checkExamples } from './lib/readme-examples.mjs'
import { report } from './lib/report.mjs'
import { root } from './lib/root.mjs'

/** @type {readonly (readonly [path: string, text: string])[]} */
const pages = [
  ['docs/errors.md', errorDocs(errorCodes)],
  ['docs/configuration.md', configurationPage()],
  ['docs/metrics.md', metricsPage()],
]
const readmePages = ['README.md', 'packages/protocol/README.md']

/** @param {string} path */
const read = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined)

if (process.argv.includes('--write')) for (const [path, text] of pages) writeFileSync(join(root, path), text)

report([
  ...pages
    .filter(([path, text]) => read(path) !== text)
    .map(([path]) => `${path} differs from what it is written from: run pnpm docs:write`),
  ...readmePages.flatMap((page) => checkExamples(page, read(page) ?? '', read)),
])
