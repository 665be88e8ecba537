import { basename, dirname } from 'node:path/posix'

/** Tests that need processes and chains take long, and see little that a unit test does not. */
const isSlow = (test: string): boolean => /\.(?:e2e|prop)\.test\.ts$/.test(test)

/**
 * The order in which test files are likely to notice a change of a source file: those of its name, of its folder, of a
 * folder nearby, then the others; slow ones last among their like.
 */
export function likelyFirst(source: string, tests: readonly string[]): readonly string[] {
  const distance = (test: string): number => {
    const isNamesake = nameOf(test) === nameOf(source)
    const apart = stepsBetween(placeOf(source), placeOf(test))
    return (isNamesake ? 0 : 10 + apart) * 2 + (isSlow(test) ? 1 : 0)
  }
  return tests.toSorted((a, b) => distance(a) - distance(b) || (a < b ? -1 : 1))
}

/** `publish` of `src/client/publish.ts`, and of `test/client/publish.prop.test.ts`. */
function nameOf(path: string): string {
  return basename(path).split('.')[0] ?? ''
}

/** Folders below `src` or `test`, which mirror each other. */
function placeOf(path: string): readonly string[] {
  const folders = dirname(path).split('/')
  const top = folders.findIndex((folder) => folder === 'src' || folder === 'test')
  return folders.slice(top + 1)
}

/** Steps up and down the tree of folders from one to the other. */
function stepsBetween(one: readonly string[], other: readonly string[]): number {
  const firstApart = one.findIndex((folder, index) => folder !== other[index])
  const shared = firstApart === -1 ? Math.min(one.length, other.length) : firstApart
  return one.length + other.length - 2 * shared
}
