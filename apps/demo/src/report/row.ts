/** One cell of a table: plain text, so that it can be measured and cut, and how it looks. */
export interface Cell {
  readonly text: string
  readonly style?: ((text: string) => string) | undefined
}

/** Text cut or filled up to a width. All of it is made of characters that are one column wide. */
export function fit(text: string, width: number, ellipsis: string): string {
  if (text.length <= width) return text.padEnd(width)
  return width <= ellipsis.length ? text.slice(0, width) : `${text.slice(0, width - ellipsis.length)}${ellipsis}`
}

/** Cells side by side, each with the width of its column. Styles are put on last: they take no room. */
export function row(cells: readonly Cell[], widths: readonly number[], ellipsis: string): string {
  const shown = cells.map(({ text, style = (plain: string) => plain }, index) => {
    const fitted = fit(text, widths[index] ?? text.length, ellipsis)
    const bare = fitted.trimEnd()
    return `${bare === '' ? '' : style(bare)}${' '.repeat(fitted.length - bare.length)}`
  })
  return shown.join('').trimEnd()
}
