import { readFileSync } from 'node:fs'
import type { Hex } from 'viem'
import { DevnetError } from './errors.ts'
import { type Json, parseJson } from './json.ts'
import { artifactsFile, sourcesDigest } from './sources.ts'

/** The contracts that can be deployed. */
export type ContractName =
  | 'Adjudicator'
  | 'AssetHolderETH'
  | 'AllowAllApp'
  | 'Relay'
  | 'PerunToken'
  | 'AssetHolderERC20'

/** A contract as the compiler left it. */
export interface Artifact {
  /** The code that creates it, without constructor arguments. */
  readonly bytecode: Hex
  readonly abi: Json
}

/**
 * The compiled contracts.
 *
 * @throws {DevnetError} `CONTRACTS_STALE` if the sources were never compiled, or changed since
 */
export function loadArtifacts(): (name: ContractName) => Artifact {
  const built = readArtifacts()
  if (built?.at('digest').text() !== sourcesDigest()) {
    throw new DevnetError('CONTRACTS_STALE', 'The compiled contracts are missing or older than their sources.', {
      remedy: 'Run `pnpm --filter @perun-watcher/devnet contracts`, or `pnpm build` for everything.',
    })
  }
  return (name) => {
    const contract = built.at('contracts').at(name)
    return { bytecode: contract.at('bytecode').hex(), abi: contract.at('abi') }
  }
}

function readArtifacts(): Json | undefined {
  try {
    return parseJson(readFileSync(artifactsFile, 'utf8'), 'contracts.json')
  } catch {
    return undefined
  }
}
