import { type Dirent, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where packages are that can be mutated. */
const parents = ['packages', 'apps'] as const

export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string
  readonly text: string
}

/** A package with the files that are mutated and the tests that must notice it; all paths from the root. */
export interface Package {
  readonly name: string
  /** For instance `packages/core`. */
  readonly folder: string
  readonly sources: readonly SourceFile[]
  readonly tests: readonly string[]
}

/** The names of all packages: those of their folders. */
export function packageNames(root: string): readonly string[] {
  return foldersOf(root).map(({ name }) => name)
}

export function readPackage(root: string, name: string): Package {
  const found = foldersOf(root).find((each) => each.name === name)
  if (found === undefined) throw new Error(`There is no package ${name}; there are ${packageNames(root).join(', ')}.`)
  const { folder } = found
  const sources = filesOf(root, `${folder}/src`)
    .filter(isSource)
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
  return { name, folder, sources, tests: testsOf(root, folder) }
}

export function testsOf(root: string, folder: string): readonly string[] {
  return filesOf(root, `${folder}/test`).filter((path) => path.endsWith('.test.ts'))
}

function foldersOf(root: string): readonly { readonly name: string; readonly folder: string }[] {
  return parents
    .flatMap((parent) => entriesOf(join(root, parent)).map(({ name }) => ({ name, folder: `${parent}/${name}` })))
    .filter(({ folder }) => existsSync(join(root, folder, 'package.json')))
}

/** What a program wrote is the business of that program. */
function isSource(path: string): boolean {
  return path.endsWith('.ts') && !path.endsWith('.d.ts') && !path.includes('/generated/')
}

function filesOf(root: string, folder: string): readonly string[] {
  return entriesOf(join(root, folder)).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? filesOf(root, path) : [path]
  })
}

/** In an order that does not depend on the file system. */
function entriesOf(folder: string): readonly Dirent[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
