import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readMarkdown } from './markdown.mjs'

/**
 * The repository as documents speak of it: its files and folders, and what is written in them.
 *
 * @typedef {object} Repository
 * @property {readonly string[]} files from the root, with slashes
 * @property {ReadonlySet<string>} folders without a slash at the end
 * @property {(path: string) => string} read
 * @property {(path: string) => import('./markdown.mjs').MarkdownDocument} document
 */

/**
 * The files that are committed or about to be: git knows them, or does not ignore them.
 *
 * @param {string} root
 * @returns {Repository}
 */
export function repositoryAt(root) {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
  })
  const files = [...new Set(listed.split('\0'))].filter((path) => path !== '' && existsSync(join(root, path)))
  return repositoryOf(files, (path) => readFileSync(join(root, path), 'utf8'))
}

/**
 * @param {readonly string[]} files
 * @param {(path: string) => string} read
 * @returns {Repository}
 */
export function repositoryOf(files, read) {
  /** @type {Map<string, import('./markdown.mjs').MarkdownDocument>} */
  const documents = new Map()
  return {
    files,
    folders: new Set(files.flatMap(foldersAbove)),
    read,
    document(path) {
      const known = documents.get(path)
      if (known !== undefined) return known
      const parsed = readMarkdown(path, read(path))
      documents.set(path, parsed)
      return parsed
    },
  }
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function foldersAbove(path) {
  const folder = dirname(path)
  return folder === '.' ? ['.'] : [folder, ...foldersAbove(folder)]
}
