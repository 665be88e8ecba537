import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Code that creates a contract, without constructor arguments. */
type Code = `0x${string}`

/** What perun-eth-backend deploys, of generation v1. */
export interface PerunBytecode {
  readonly adjudicator: Code
  /** Constructed with the adjudicator's address. */
  readonly assetHolderEth: Code
  /** Constructed with the addresses of the adjudicator and of the token. */
  readonly assetHolderErc20: Code
  /** An ERC-20 token. Constructed with the accounts that own some in the beginning, and how much each of them owns. */
  readonly perunToken: Code
  /** Allows every move. */
  readonly trivialApp: Code
}

/** Why there is no bytecode here, in words that end a sentence. */
export interface MissingBytecode {
  readonly missing: string
}

/** The release that our generation v1 is of. */
const version = 'github.com/perun-network/perun-eth-backend@v0.6.0'
/** What Go's checksum database says of it: another content under the same version is refused. */
const checksum = 'h1:XCI7bueFi0Wfbv6buSZTiPhxUfxLnEbVWJosuHxDHK0='

const fetchLimitMs = 60_000

let found: Promise<PerunBytecode | MissingBytecode> | undefined

/**
 * The bytecode, out of Go's module cache, into which Go fetches the module first where it is missing. Nothing of it is
 * compiled or run, and nothing is copied into this repository.
 *
 * @throws Error if the module is there and is not what it should be.
 */
export function perunBytecode(): Promise<PerunBytecode | MissingBytecode> {
  found ??= load()
  return found
}

async function load(): Promise<PerunBytecode | MissingBytecode> {
  const module = await fetchModule()
  if ('missing' in module) return module
  if (module.checksum !== checksum) throw new Error(`${version} has the checksum ${module.checksum}, not ${checksum}.`)
  const code = async (binding: string, file: string): Promise<Code> =>
    creationCode(await readFile(join(module.folder, 'bindings', binding, file), 'utf8'), file)
  return {
    adjudicator: await code('adjudicator', 'Adjudicator.go'),
    assetHolderEth: await code('assetholdereth', 'AssetHolderETH.go'),
    assetHolderErc20: await code('assetholdererc20', 'AssetHolderERC20.go'),
    perunToken: await code('peruntoken', 'PerunToken.go'),
    trivialApp: await code('trivialapp', 'TrivialApp.go'),
  }
}

interface GoModule {
  readonly folder: string
  readonly checksum: string
}

async function fetchModule(): Promise<GoModule | MissingBytecode> {
  try {
    const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', version], { timeout: fetchLimitMs })
    return moduleOf(JSON.parse(stdout))
  } catch (error) {
    return { missing: reasonOf(error) }
  }
}

function moduleOf(answer: unknown): GoModule {
  if (typeof answer === 'object' && answer !== null && 'Dir' in answer && 'Sum' in answer) {
    const { Dir: folder, Sum: sum } = answer
    if (typeof folder === 'string' && typeof sum === 'string') return { folder, checksum: sum }
  }
  throw new Error('go mod download answered without a folder and a checksum.')
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'ENOENT') return 'Go is not installed'
  if ('killed' in error && error.killed === true) return `Go did not fetch ${version} in time`
  return `Go could not fetch ${version}`
}

/** Out of the source of a binding, which holds it as a string. */
function creationCode(source: string, file: string): Code {
  const [, digits] = /^\s*Bin:\s*"0x([0-9a-f]+)",$/m.exec(source) ?? []
  if (digits === undefined) throw new Error(`${file} of ${version} holds no bytecode.`)
  return `0x${digits}`
}
