import { catalogue, settingOf } from './catalogue.ts'
import { parseHostPort } from './kinds.ts'
import type { Problem } from './problems.ts'
import type { Config } from './schema.ts'

/** Loopback addresses: not reachable from other machines. */
const loopbackHost = /^(?:127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)$/

export const isLoopbackHost = (host: string): boolean => loopbackHost.test(host)

function isLoopback(endpoint: string): boolean {
  const [, host] = /^tcp:\/\/(.*):[^:]*$/.exec(endpoint) ?? []
  return host === undefined || isLoopbackHost(host)
}

/** Contradictions between settings that are each valid on their own. */
export function contradictions({ chain, account, listen }: Config): readonly Problem[] {
  const kinds = [
    ['account.keystore_file', account.keystore_file],
    ['account.mnemonic', account.mnemonic ?? account.mnemonic_file],
    ['account.key', account.key ?? account.key_file],
  ].flatMap(([name, given]) => (name !== undefined && given !== undefined ? [name] : []))
  return [
    ...either('chain.rpc', chain.rpc, chain.rpc_file),
    ...either('account.password', account.password, account.password_file),
    ...either('account.mnemonic', account.mnemonic, account.mnemonic_file),
    ...either('account.key', account.key, account.key_file),
    ...(kinds.length > 1
      ? [problem('account', `${kinds.join(' and ')} are given.`, 'Give one of them: the accounts have one source.')]
      : []),
    ...(account.keystore_file !== undefined && account.password === undefined && account.password_file === undefined
      ? [
          problem(
            'account.password_file',
            'account.keystore_file is given without its password.',
            `Set account.password_file, or ${settingOf('account.password')?.env}.`,
          ),
        ]
      : []),
    ...(chain.library === 'ethers' && chain.rpc?.some((url) => /^wss?:/i.test(url))
      ? [
          problem(
            'chain.rpc',
            'With ethers, chain.rpc must be http or https.',
            'Use an http or https URL, or the library viem.',
          ),
        ]
      : []),
    ...(listen.security === 'plaintext-on-loopback' && !listen.endpoints.every(isLoopback)
      ? [
          problem(
            'listen.security',
            `listen.security is "plaintext-on-loopback", and listen.endpoints has ${listen.endpoints.find((each) => !isLoopback(each))}.`,
            'Use "curve", or addresses of this machine.',
          ),
        ]
      : []),
    ...grpcContradictions(listen),
  ]
}

function grpcContradictions(listen: Config['listen']): readonly Problem[] {
  const { endpoints, grpc_addresses, grpc_security, grpc_key_file, grpc_certificate_file } = listen
  const remote = grpc_addresses.find((address) => !isLoopbackHost(parseHostPort(address)?.host ?? ''))
  return [
    ...(endpoints.length === 0 && grpc_addresses.length === 0
      ? [
          problem(
            'listen.endpoints',
            'listen.endpoints and listen.grpc_addresses are empty: no client could connect.',
            'Name an address in one of them, or leave listen.endpoints out.',
          ),
        ]
      : []),
    ...(grpc_security === 'plaintext-on-loopback' && remote !== undefined
      ? [
          problem(
            'listen.grpc_security',
            `listen.grpc_security is "plaintext-on-loopback", and listen.grpc_addresses has ${remote}.`,
            'Use "tls", or addresses of this machine.',
          ),
        ]
      : []),
    ...(grpc_certificate_file !== undefined && grpc_key_file === undefined
      ? [
          problem(
            'listen.grpc_key_file',
            'listen.grpc_certificate_file is given without its private key.',
            'Set listen.grpc_key_file.',
          ),
        ]
      : []),
  ]
}

function problem(key: string, what: string, remedy: string): Problem {
  return { key, what, remedy }
}

function either(key: string, value: unknown, file: unknown): readonly Problem[] {
  if (value === undefined || file === undefined) return []
  return [problem(key, `Both ${key} and ${key}_file are given.`, 'Give one of them.')]
}

/** The settings that `run` cannot watch without and that are missing. */
export function missingSettings({ chain, account }: Config): readonly Problem[] {
  const hasAccount = [
    account.keystore_file,
    account.mnemonic ?? account.mnemonic_file,
    account.key ?? account.key_file,
  ].some((given) => given !== undefined)
  return [
    ...((chain.rpc?.length ?? 0) > 0 || chain.rpc_file !== undefined
      ? []
      : [missing('chain.rpc', 'No JSON-RPC endpoint is given.')]),
    ...(chain.id === undefined ? [missing('chain.id', 'The chain id is not given.')] : []),
    ...(chain.adjudicator === undefined
      ? [missing('chain.adjudicator', 'The address of the adjudicator is not given.')]
      : []),
    ...(hasAccount ? [] : [missing('account.keystore_file', 'No account that pays for refutations is given.')]),
  ]
}

/** Says how to write the setting in each source. */
function missing(key: string, what: string): Problem {
  const setting = catalogue.find((each) => each.key === key)
  if (setting === undefined) throw new TypeError(`no setting: ${key}`)
  const { section, name, example = '…', env, flag } = setting
  const text = example.replaceAll(/[[\]"]/g, '')
  return {
    key,
    what,
    remedy: `Write ${name} = ${example} below [${section}], or set ${env}=${text}, or ${flag} ${text}.`,
  }
}
