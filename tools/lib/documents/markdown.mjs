import GithubSlugger from 'github-slugger'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { toString as textOf } from 'mdast-util-to-string'
import { visit } from 'unist-util-visit'

/**
 * What the checks need to know of a Markdown document. Lines count from 1.
 *
 * @typedef {object} MarkdownDocument
 * @property {string} path from the root of the repository
 * @property {ReadonlySet<string>} anchors the fragments that GitHub gives to its headings
 * @property {readonly { readonly target: string, readonly line: number }[]} links the targets of links and images
 * @property {readonly { readonly text: string, readonly line: number }[]} codes the text of each pair of backticks
 * @property {readonly { readonly language: string, readonly text: string, readonly line: number }[]} blocks fenced code
 */

/**
 * @param {string} path
 * @param {string} markdown
 * @returns {MarkdownDocument}
 */
export function readMarkdown(path, markdown) {
  const slugger = new GithubSlugger()
  /** @type {Set<string>} */
  const anchors = new Set()
  /** @type {{ target: string, line: number }[]} */
  const links = []
  /** @type {{ text: string, line: number }[]} */
  const codes = []
  /** @type {{ language: string, text: string, line: number }[]} */
  const blocks = []
  const tree = fromMarkdown(markdown)
  visit(tree, (node) => {
    const line = node.position?.start.line ?? 1
    switch (node.type) {
      case 'heading':
        anchors.add(slugger.slug(textOf(node)))
        break
      case 'link':
      case 'image':
      case 'definition':
        links.push({ target: node.url, line })
        break
      case 'inlineCode':
        // A line break inside of backticks is a space to the reader.
        codes.push({ text: node.value.replaceAll('\n', ' '), line })
        break
      case 'code':
        // The fence is the first line.
        blocks.push({ language: node.lang ?? '', text: node.value, line: line + 1 })
        break
      default:
    }
  })
  return { path, anchors, links, codes, blocks }
}
