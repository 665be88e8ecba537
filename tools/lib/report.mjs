/**
 * Ends a check: lists what is wrong, one line each, and fails if there is anything.
 *
 * @param {readonly string[]} problems
 */
export function report(problems) {
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length > 0 ? 1 : 0
}
