import { posix } from 'node:path'

const sourceFile = /^(?:[\w.@-]+\/)*[\w.@-]+\.(?:ts|mjs|cjs|go|proto|sol|md)$/
const pathPattern = /^(?:packages|apps|harness|examples|docs|tools|src|test)\/[\w.@*/-]*$/
const codeFile = /\.(?:ts|mjs|cjs|go|proto|sol|json|jsonc|toml|ya?ml|service)$/
const identifier = /^(?:[a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*|[A-Z][A-Z\d]*(?:_[A-Z\d]+)+)$/

/**
 * Paths in backticks that name no file or folder. A path is read from the root, from the document's folder or from the
 * folder above (a package's docs/), and the path of a source file may be shortened from the left: `dispute/decide.ts`.
 *
 * @param {import('./markdown.mjs').MarkdownDocument} document
 * @param {import('./repository.mjs').Repository} repository
 * @param {readonly string[]} [foreign] names that belong to others
 * @returns {string[]} one line for each
 */
export function checkPaths(document, repository, foreign = []) {
  return document.codes
    .filter(({ text }) => (sourceFile.test(text) || pathPattern.test(text)) && !foreign.includes(text))
    .filter(({ text }) => !exists(text, document, repository))
    .map(({ text, line }) => `${document.path}:${line}: there is no ${text}`)
}

/**
 * @param {string} path
 * @param {import('./markdown.mjs').MarkdownDocument} document
 * @param {import('./repository.mjs').Repository} repository
 */
function exists(path, document, repository) {
  if (sourceFile.test(path)) return repository.files.some((file) => `/${file}`.endsWith(`/${path}`))
  const here = posix.dirname(document.path)
  const places = ['.', here, posix.dirname(here)].map((folder) => posix.join(folder, path).replace(/\/$/, ''))
  const paths = [...repository.files, ...repository.folders]
  return places.some((place) => {
    const pattern = new RegExp(`^${place.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`)
    return paths.some((candidate) => pattern.test(candidate))
  })
}

/**
 * Names of functions, types, error codes and variables in backticks that no source file contains: they were renamed, or
 * never there. Single words in lower case are not judged, since any word can be one.
 *
 * @param {import('./markdown.mjs').MarkdownDocument} document
 * @param {ReadonlySet<string>} words all words of the source files
 * @param {readonly string[]} [foreign] names that belong to others
 * @returns {string[]} one line for each
 */
export function checkIdentifiers(document, words, foreign = []) {
  return document.codes.flatMap(({ text, line }) =>
    text
      .replace(/\(\)$/, '')
      .split('.')
      .filter((part) => identifier.test(part) && !words.has(part) && !foreign.includes(part))
      .map((part) => `${document.path}:${line}: no source file contains ${part}`),
  )
}

/**
 * Every word of the files that are code, and of the texts that are written from it.
 *
 * @param {import('./repository.mjs').Repository} repository
 * @param {readonly string[]} [written]
 * @returns {ReadonlySet<string>}
 */
export function wordsOf({ files, read }, written = []) {
  const code = files.filter((file) => codeFile.test(file) && file !== 'pnpm-lock.yaml')
  return new Set([...code.map(read), ...written].flatMap((text) => text.match(/\w+/g) ?? []))
}
