import { posix } from 'node:path'

/**
 * Links that lead nowhere. Addresses on the web are not visited.
 *
 * @param {import('./markdown.mjs').MarkdownDocument} document
 * @param {import('./repository.mjs').Repository} repository
 * @returns {string[]} one line for each
 */
export function checkLinks(document, repository) {
  return document.links.flatMap(({ target, line }) => {
    const problem = problemWith(target, document, repository)
    return problem === undefined ? [] : `${document.path}:${line}: ${problem}`
  })
}

/**
 * @param {string} target
 * @param {import('./markdown.mjs').MarkdownDocument} from
 * @param {import('./repository.mjs').Repository} repository
 */
function problemWith(target, from, repository) {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return undefined
  if (target.startsWith('/')) return `${target} depends on where the repository is shown; use a relative link`
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? from.path : posix.join(posix.dirname(from.path), decodeURI(path))
  const isFolder = repository.folders.has(file.replace(/\/$/, ''))
  if (!isFolder && !repository.files.includes(file)) return `there is no ${file}`
  if (anchor === undefined) return undefined
  if (!file.endsWith('.md')) return `${target} leads to a place in a file that is no Markdown`
  const has = repository.document(file).anchors.has(decodeURI(anchor))
  return has ? undefined : `${file} has no heading "#${anchor}"`
}
