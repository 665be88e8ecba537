/** The known word that somebody most likely meant; `undefined` where none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3))
  // Nobody types a word this long: comparing it would only take time.
  if (word.length > 100) return undefined
  const [best] = known
    .map((each) => ({ each, distance: distance(word, each) }))
    .sort((one, other) => one.distance - other.distance)
  return best !== undefined && best.distance <= limit ? best.each : undefined
}

/** How many letters to insert, remove or replace (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [index, letter] of [...from].entries()) {
    let left = index + 1
    const next = [left]
    for (const [column, other] of [...to].entries()) {
      const [diagonal = 0, above = 0] = row.slice(column, column + 2)
      left = Math.min(diagonal + (letter === other ? 0 : 1), above + 1, left + 1)
      next.push(left)
    }
    row = next
  }
  return row.at(-1) ?? 0
}
