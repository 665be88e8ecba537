/**
 * `pnpm docs:check`: documentation that must not drift from the code. docs/errors.md is written from the error codes (by
 * `pnpm docs:write`), and the TypeScript in the pages below is compiled and run as examples.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCodes } from '../packages/core/src/errors/codes.ts'
import { errorDocs } from './lib/error-docs.mjs'
import { checkExamples } from './lib/readme-examples.mjs'
import { report } from './lib/report.mjs'
import { root } from './lib/root.mjs'

const errorsPage = 'docs/errors.md'
const readmePages = ['README.md', 'packages/protocol/README.md']

/** @param {string} path */
const read = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined)

const expected = errorDocs(errorCodes)
if (process.argv.includes('--write')) writeFileSync(join(root, errorsPage), expected)

report([
  ...(read(errorsPage) === expected ? [] : [`${errorsPage} differs from the error codes: run pnpm docs:write`]),
  ...readmePages.flatMap((page) => checkExamples(page, read(page) ?? '', read)),
])
