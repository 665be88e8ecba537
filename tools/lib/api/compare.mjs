const declaration =
  /^(?<exported>export )?(?:declare )?(?:abstract )?(?:interface|type|const|let|function|class|enum|namespace) (?<name>[\w$]+)/m

/**
 * What two reports of an entry point do not have in common.
 *
 * @param {string} name of the entry point
 * @param {string | undefined} committed
 * @param {string} current
 * @returns {string[]} one line for each difference
 */
export function compareReports(name, committed, current) {
  if (committed === current) return []
  if (committed === undefined) return [`${name}: has no API report`]
  const before = declarationsOf(committed)
  const after = declarationsOf(current)
  const problems = [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    if (before.get(key) === after.get(key)) return []
    const what = before.has(key) ? (after.has(key) ? 'changed' : 'is gone') : 'is new'
    return `${name}: ${key} ${what}`
  })
  return problems.length > 0 ? problems : [`${name}: its API report was edited by hand`]
}

/**
 * @param {string} report
 * @returns {Map<string, string>} the text of each declaration; of several with one name, all of them
 */
function declarationsOf(report) {
  const [, code = ''] = /^```ts\n([\s\S]*)^```$/m.exec(report) ?? []
  /** @type {Map<string, string>} */
  const declarations = new Map()
  for (const text of code.trim().split(/\n{2,}/)) {
    const { exported, name } = declaration.exec(text)?.groups ?? {}
    for (const [key, part] of name === undefined
      ? lines(text)
      : [[exported === undefined ? `${name}, which an export refers to,` : `export ${name}`, text]]) {
      declarations.set(String(key), `${declarations.get(String(key)) ?? ''}${part}\n`)
    }
  }
  return declarations
}

/**
 * Imports and exports of what other packages declare: each line is one.
 *
 * @param {string} text
 * @returns {[string, string][]}
 */
function lines(text) {
  return text.split('\n').map((line) => [line, line])
}
