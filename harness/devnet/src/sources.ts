import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

// The package's own folders. The addresses hold for src/*.ts and for the bundle dist/index.js alike: both lie one
// level below the package's root.
const contractsDirectory: URL = new URL('../contracts/', import.meta.url)
const compileScript: URL = new URL('../scripts/compile.ts', import.meta.url)
export const artifactsFile: URL = new URL('../dist/contracts.json', import.meta.url)
export const superviseScript: URL = new URL('../scripts/supervise.mjs', import.meta.url)
export const vectorsFile: URL = new URL('../vectors/vectors.json', import.meta.url)

/** The Solidity sources by file name, in a fixed order. */
export function readSources(): ReadonlyMap<string, string> {
  const names = readdirSync(contractsDirectory)
    .filter((name) => name.endsWith('.sol'))
    .sort()
  return new Map(names.map((name) => [name, readFileSync(new URL(name, contractsDirectory), 'utf8')]))
}

/** Changes whenever the compiled contracts could: a digest of the sources and of the script that holds the settings. */
export function sourcesDigest(): string {
  const hash = createHash('sha256')
  const add = (name: string, text: string): void => {
    hash.update(`${name}\0${text.length}\0${text}`)
  }
  for (const [name, text] of readSources()) add(name, text)
  add('compile.ts', readFileSync(compileScript, 'utf8'))
  return hash.digest('hex')
}
