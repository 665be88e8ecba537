/** The known word that was most likely meant; `undefined` if none is similar. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // Not a typo of anything; comparing it would only cost time.
  if (word.length > 100) return undefined
  let best: string | undefined
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const each of known) {
    // The difference in length is a lower bound of the distance.
    if (Math.abs(each.length - word.length) >= least) continue
    const found = distance(word, each)
    if (found >= least) continue
    best = each
    least = found
  }
  return best
}

/** Levenshtein distance. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let index = 0; index < from.length; index += 1) {
    let left = index + 1
    const next = [left]
    for (let column = 0; column < to.length; column += 1) {
      const replaced = (row[column] ?? 0) + (from[index] === to[column] ? 0 : 1)
      left = Math.min(replaced, (row[column + 1] ?? 0) + 1, left + 1)
      next.push(left)
    }
    row = next
  }
  return row.at(-1) ?? 0
}
