/**
 * Names that are stored as their position in a list, so only ever append. The compiler refuses an incomplete list:
 * `names<Kind>()(['a', 'b'])`.
 */
export const names =
  <T extends string>() =>
  <const L extends readonly T[]>(list: [T] extends [L[number]] ? L : never): Names<T> => {
    const all: readonly T[] = list
    return {
      position(name) {
        const position = all.indexOf(name)
        if (position < 0) throw new RangeError(`${name} has no number`)
        return position
      },
      at(position) {
        const name = all[position]
        if (name === undefined) throw new RangeError(`no name has the number ${position}`)
        return name
      },
    }
  }

export interface Names<T> {
  position(name: T): number
  at(position: number): T
}
