/**
 * @typedef {object} Example
 * @property {number} line where the block starts in the Markdown text, from 1
 * @property {string | undefined} source the file that the comment above the block names
 * @property {string} code
 */

const marker = /^\s*\/\/ README\b/
const comment = /^<!-- example: (\S+) -->$/
const fence = /^(`{3,})(?:ts|tsx|mts|typescript)\b/

/**
 * Every block of TypeScript in a Markdown text.
 *
 * @param {string} markdown
 * @returns {Example[]}
 */
export function findExamples(markdown) {
  const lines = markdown.split('\n')
  return lines.flatMap((line, start) => {
    const [, ticks] = fence.exec(line.trimStart()) ?? []
    if (ticks === undefined) return []
    const end = lines.findIndex((other, index) => index > start && other.trim() === ticks)
    const above = lines.slice(0, start).findLast((other) => other.trim() !== '')
    return {
      line: start + 1,
      source: comment.exec(above?.trim() ?? '')?.[1],
      code: lines.slice(start + 1, end === -1 ? lines.length : end).join('\n'),
    }
  })
}

/**
 * The part of a source file that a README shows: what stands between two lines that start with `// README`, without its
 * indentation; the whole file if there are none.
 *
 * @param {string} source
 */
export function shownPart(source) {
  const lines = source.trimEnd().split('\n')
  const marks = lines.flatMap((line, index) => (marker.test(line) ? [index] : []))
  if (marks.length === 0) return lines.join('\n')
  const [start, end] = marks
  if (start === undefined || end === undefined || marks.length > 2) {
    throw new Error(`expected two lines that start with "// README" and found ${marks.length}`)
  }
  const shown = lines.slice(start + 1, end)
  const indents = shown.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length)
  const indent = Math.min(...indents)
  return shown
    .map((line) => line.slice(indent))
    .join('\n')
    .trim()
}

/**
 * Compares the TypeScript in a Markdown text with the files that are compiled and run.
 *
 * @param {string} path of the Markdown text, for messages
 * @param {string} markdown
 * @param {(path: string) => string | undefined} read a source file of the repository
 * @returns {string[]} one line for each block that is not what it says it is
 */
export function checkExamples(path, markdown, read) {
  return findExamples(markdown).flatMap(({ line, source, code }) => {
    const at = `${path}:${line}`
    if (source === undefined) {
      return `${at}: TypeScript that nobody compiles; name its file above: <!-- example: examples/…/src/….ts -->`
    }
    const text = read(source)
    if (text === undefined) return `${at}: there is no ${source}`
    try {
      return shownPart(text) === code.trimEnd() ? [] : `${at}: differs from ${source}`
    } catch (error) {
      return `${at}: ${source}: ${error instanceof Error ? error.message : error}`
    }
  })
}
