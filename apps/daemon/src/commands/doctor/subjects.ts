import { parseAddress } from '@perun-watcher/chain-evm'
import { chainUsage } from '../../chain/chain-usage.ts'
import { parseHostPort } from '../../config/kinds.ts'
import type { DataPlaces } from '../../config/places.ts'
import type { Config } from '../../config/schema.ts'
import type { ChainSubject, Subjects } from './examine.ts'
import type { SecretFile } from './file-checks.ts'
import type { Listening } from './port-checks.ts'

/** The part that needs no files to be read. */
export function subjectsOf(
  config: Config,
  places: DataPlaces,
): Pick<Subjects, 'feeCapWei' | 'maxPending' | 'dataDir' | 'secretFiles' | 'listening' | 'connections'> {
  return {
    feeCapWei: config.account.max_fee_gwei,
    maxPending: config.account.max_pending,
    dataDir: places.directory,
    secretFiles: secretFilesOf(config),
    listening: listeningOf(config),
    connections: config.listen.max_connections,
  }
}

/** Only files that are named: `run` creates the others. */
function secretFilesOf({ account, chain, listen, receipts }: Config): readonly SecretFile[] {
  const named: readonly (readonly [string, string | undefined])[] = [
    ['account.keystore_file', account.keystore_file],
    ['account.password_file', account.password_file],
    ['account.mnemonic_file', account.mnemonic_file],
    ['account.key_file', account.key_file],
    ['chain.rpc_file', chain.rpc_file],
    ['listen.key_file', listen.key_file],
    ['listen.grpc_key_file', listen.grpc_addresses.length > 0 ? listen.grpc_key_file : undefined],
    ['receipts.key_file', receipts.key_file],
  ]
  return named.flatMap(([option, path]) => (path === undefined ? [] : [{ option, path }]))
}

function listeningOf({ listen, http }: Config): readonly Listening[] {
  const clients = listen.endpoints.flatMap((endpoint) => {
    const [, bracketed, plain, port] = /^tcp:\/\/(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(endpoint) ?? []
    const host = bracketed ?? plain
    return host === undefined ? [] : [{ option: 'listen.endpoints', host, port: Number(port) }]
  })
  const grpc = listen.grpc_addresses.flatMap((address) => {
    const place = parseHostPort(address)
    return place === undefined ? [] : [{ option: 'listen.grpc_addresses', ...place }]
  })
  return [...clients, ...grpc, ...(http.address === undefined ? [] : [{ option: 'http.address', ...http.address }])]
}

export function chainSubjectOf(
  { chain, account }: Config,
  rpcUrls: readonly string[],
): Omit<ChainSubject, 'needsTraces'> {
  const isNamed = chain.id !== undefined || chain.kind !== undefined
  return {
    rpcUrls,
    usage: isNamed ? chainUsage(chain, account.min_tip_gwei) : undefined,
    chainId: chain.id === undefined ? undefined : BigInt(chain.id),
    adjudicator: chain.adjudicator === undefined ? undefined : parseAddress(chain.adjudicator),
  }
}
