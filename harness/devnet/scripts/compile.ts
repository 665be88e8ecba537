import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import solc from 'solc'
import { parseJson } from '../src/json.ts'
import { artifactsFile, readSources, sourcesDigest } from '../src/sources.ts'

const settings = {
  optimizer: { enabled: true, runs: 200 },
  // The oldest fork that a devnet may be started with and still run the code.
  evmVersion: 'paris',
  // Without the metadata the code depends on nothing but the sources.
  metadata: { bytecodeHash: 'none', appendCBOR: false },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
}

/**
 * Compiles the contracts into one JSON file, unless that file is up to date.
 * Throws on any compiler error or warning, and leaves the old file alone then.
 * Its name lets a test runner call it before the tests: it is what vitest looks for in a `globalSetup` file.
 */
export function setup(): void {
  const digest = sourcesDigest()
  if (builtDigest() === digest) return
  const sources = Object.fromEntries([...readSources()].map(([name, content]) => [name, { content }]))
  // solc comes with types that say `any`; nothing of it gets past the parser.
  const compile: (input: string) => string = solc.compile
  const output = parseJson(compile(JSON.stringify({ language: 'Solidity', sources, settings })), 'solc output')
  const complaints = output.has('errors') ? output.at('errors').items() : []
  if (complaints.length > 0) {
    throw new Error(complaints.map((complaint) => complaint.at('formattedMessage').text()).join('\n'))
  }
  const contracts: Record<string, { abi: unknown; bytecode: string }> = {}
  const files = output.at('contracts')
  for (const file of files.keys()) {
    for (const name of files.at(file).keys()) {
      const contract = files.at(file).at(name)
      const bytecode = contract.at('evm').at('bytecode').at('object').text()
      const abi = contract.at('abi')
      // Interfaces have no code, and libraries of internal functions none that could be called.
      if (bytecode !== '' && abi.items().length > 0) contracts[name] = { abi: abi.raw(), bytecode: `0x${bytecode}` }
    }
  }
  mkdirSync(new URL('.', artifactsFile), { recursive: true })
  // Written aside and moved, so that a reader sees the old file or the new one, never half of it.
  const draft = new URL(`contracts.${process.pid}.tmp`, artifactsFile)
  writeFileSync(draft, JSON.stringify({ digest, contracts }, undefined, 1))
  renameSync(draft, artifactsFile)
}

function builtDigest(): string | undefined {
  try {
    return parseJson(readFileSync(artifactsFile, 'utf8'), 'contracts.json').at('digest').text()
  } catch {
    return undefined // Missing or damaged: built afresh.
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) setup()
