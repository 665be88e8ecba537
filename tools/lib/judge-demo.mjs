/**
 * @param {string} output what `pnpm demo --json` printed
 * @returns {string[]} what is wrong with it
 */
export function judgeDemo(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const problems = lines.flatMap((line, index) => (parse(line) === undefined ? [`line ${index + 1} is not JSON`] : []))
  const { cheats, refuted, balancesRight } = parse(lines.at(-1) ?? '') ?? {}
  if (typeof cheats !== 'number' || cheats < 1) problems.push('the last line names no number of cheats')
  if (refuted !== cheats) problems.push(`the demo refuted ${refuted} of ${cheats} cheats`)
  if (balancesRight !== true) problems.push('the demo paid out wrong balances')
  return problems.map((problem) => `demo: ${problem}`)
}

/**
 * @param {string} line
 * @returns {Record<string, unknown> | undefined} nothing if it is not an object in JSON
 */
function parse(line) {
  try {
    const value = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
