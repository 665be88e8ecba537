import { chmodSync, cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import { temporaryFolder } from '@perun-watcher/harness-kit/temporary-folder'

/** A copy of the repository, in which sources can be changed although the process may be killed at any moment. */
export interface TreeCopy extends Disposable {
  readonly root: string
  write(path: string, text: string): void
}

/** What no test reads, or what is better made afresh. */
const left: ReadonlySet<string> = new Set(['.git', '.turbo', 'coverage', 'reports'])

/** A process that reads a source sees the mutant, also one that a test starts. */
export function copyTree(root: string): TreeCopy {
  const folder = temporaryFolder('mutant')
  // Tests that give up their rights still have to get to what they wrote into it.
  chmodSync(folder.path, 0o755)
  const libraries = join(root, 'node_modules')
  cpSync(root, folder.path, {
    recursive: true,
    // The links of pnpm lead to other packages of the copy, and to the libraries below.
    verbatimSymlinks: true,
    filter: (path) => path !== libraries && !left.has(basename(path)),
  })
  // The libraries are shared, but not the caches that lie beside them.
  const copied = join(folder.path, relative(root, libraries))
  mkdirSync(copied)
  for (const name of readdirSync(libraries)) {
    if (isCache(name)) continue
    symlinkSync(join(libraries, name), join(copied, name))
  }
  return {
    root: folder.path,
    write: (path, text) => writeFileSync(join(folder.path, path.replaceAll('/', sep)), text),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  }
}

const isCache = (name: string): boolean => /^\.(?:vite|cache)/.test(name)
