import { posix } from 'node:path'

/**
 * Whether a page links to each of these packages, and to no other.
 *
 * @param {import('./markdown.mjs').MarkdownDocument} document
 * @param {readonly string[]} packages their folders, from the root of the repository
 * @param {readonly string[]} parents the folders that packages lie in
 * @returns {string[]} one line for each difference
 */
export function checkPackages(document, packages, parents) {
  const linked = document.links
    .map(({ target }) => posix.join(posix.dirname(document.path), target))
    .filter((path) => parents.includes(posix.dirname(path)))
  return [
    ...packages.filter((path) => !linked.includes(path)).map((path) => `${document.path}: does not link to ${path}`),
    ...linked.filter((path) => !packages.includes(path)).map((path) => `${document.path}: ${path} is no such package`),
  ]
}

/**
 * Whether a page names every script.
 *
 * @param {import('./markdown.mjs').MarkdownDocument} document
 * @param {readonly string[]} scripts
 * @returns {string[]} one line for each that it leaves out
 */
export function checkScripts(document, scripts) {
  const texts = [...document.codes, ...document.blocks].map(({ text }) => text).join('\n')
  return scripts
    .filter((script) => !new RegExp(`pnpm(?:@\\S+)? ${script}(?![\\w:-])`).test(texts))
    .map((script) => `${document.path}: does not name pnpm ${script}`)
}
