import { mkdirSync, writeFileSync } from 'node:fs'
import { hasCode } from '@perun-watcher/core'
import { parse } from 'smol-toml'
import { expect, test } from 'vitest'
import { catalogue, settingOf } from '../../src/config/catalogue.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'
import { configurationPage } from '../../src/config/reference.ts'
import type { Config } from '../../src/config/schema.ts'
import { type Folder, temporaryFolder } from '../support/run-main.ts'

interface Sources {
  readonly toml?: string
  readonly env?: Record<string, string>
  readonly flags?: Record<string, string>
}

async function load(folder: Folder, { toml, env = {}, flags = {} }: Sources) {
  const file = folder.in('config.toml')
  if (toml !== undefined) writeFileSync(file, toml)
  return await loadConfig({
    file: toml === undefined ? undefined : file,
    env: { HOME: folder.path, XDG_CONFIG_HOME: folder.in('none'), ...env },
    flags: new Map(Object.entries(flags)),
  })
}

async function configOf(sources: Sources): Promise<Config> {
  using folder = temporaryFolder()
  return (await load(folder, sources)).config
}

async function problemsOf(sources: Sources): Promise<ConfigError> {
  using folder = temporaryFolder()
  const error: unknown = await load(folder, sources).catch((thrown: unknown) => thrown)
  if (!(error instanceof ConfigError)) throw new Error(`no problem: ${String(error)}`)
  expect(hasCode(error, 'OPTION_INVALID')).toBe(true)
  return error
}

test('flags win over the environment, that over the file, that over the default', async () => {
  const toml = '[events]\nmailbox_limit = 2\n'
  const env = { PERUN_WATCHER_EVENTS_MAILBOX_LIMIT: '3' }
  const flags = { 'events.mailbox_limit': '4' }
  const limitOf = async (sources: Sources) => (await configOf(sources)).events.mailbox_limit
  expect([
    await limitOf({}),
    await limitOf({ toml }),
    await limitOf({ toml, env }),
    await limitOf({ toml, env, flags }),
  ]).toEqual([64, 2, 3, 4])
})

test('what is neither true nor false is refused where one of them is asked for, and never taken for one', async () => {
  const { message } = await problemsOf({ env: { PERUN_WATCHER_RECEIPTS_ENABLED: 'yes' } })
  expect(message).toMatch(/receipts\.enabled must be true or false\. Got "?yes/)
  expect((await configOf({ env: { PERUN_WATCHER_RECEIPTS_ENABLED: 'false' } })).receipts.enabled).toBe(false)
})

test('every amount of ether is one of wei, to the last digit', async () => {
  const amounts = catalogue.filter(({ key }) => key.endsWith('_ether'))
  expect(amounts.length).toBeGreaterThan(3)
  for (const { section, name } of amounts) {
    const config = await configOf({ toml: `[${section}]\n${name} = "3.000000000000000001"\n` })
    const sections: Readonly<Record<string, object>> = config
    expect(Reflect.get(sections[section] ?? {}, name), name).toBe(3n * 10n ** 18n + 1n)
  }
})

test('a better source hides what is wrong in a weaker one', async () => {
  const toml = '[events]\nmailbox_limit = "many"\n'
  expect((await configOf({ toml, flags: { 'events.mailbox_limit': '4' } })).events.mailbox_limit).toBe(4)
})

test('the watcher can listen at as many addresses as are named, and at one at least', async () => {
  const endpoints = ['tcp://0.0.0.0:7350', 'tcp://[::1]:7351', 'ipc:///run/perun-watcher.sock']
  const env = { PERUN_WATCHER_LISTEN_ENDPOINTS: endpoints.join(', ') }
  const toml = `[listen]\nendpoints = ${JSON.stringify(endpoints)}\n`
  expect((await configOf({ toml })).listen.endpoints).toEqual(endpoints)
  expect((await configOf({ env })).listen.endpoints).toEqual(endpoints)
  expect((await problemsOf({ toml: '[listen]\nendpoints = []\n' })).problems).toMatchObject([
    { key: 'listen.endpoints' },
  ])
})

test('gRPC is offered beside ZeroMQ or instead of it; by default it is not', async () => {
  const { listen } = await configOf({})
  expect(listen).toMatchObject({ endpoints: ['tcp://127.0.0.1:7350'], grpc_addresses: [], grpc_security: 'tls' })
  const both = await configOf({ env: { PERUN_WATCHER_LISTEN_GRPC_ADDRESSES: '0.0.0.0:7351,[::1]:7351' } })
  expect(both.listen).toMatchObject({ endpoints: listen.endpoints, grpc_addresses: ['0.0.0.0:7351', '[::1]:7351'] })
  const only = await configOf({ toml: '[listen]\nendpoints = []\ngrpc_addresses = ["0.0.0.0:7351"]\n' })
  expect(only.listen).toMatchObject({ endpoints: [], grpc_addresses: ['0.0.0.0:7351'] })
  const inWords = 'grpc_security = "anybody-can-read-and-change-messages"'
  const open = await configOf({ toml: `[listen]\ngrpc_addresses = ["0.0.0.0:7351"]\n${inWords}\n` })
  expect(open.listen.grpc_security).toBe('anybody-can-read-and-change-messages')
})

test('values become what the code works with', async () => {
  const { chain, quotas, account, http } = await configOf({
    toml: `[chain]
rpc = ["http://127.0.0.1:8545", "ws://node:1"]
adjudicator = "0xABCDEF0123456789abcdef0123456789ABCDEF01"
poll_interval = "1s"
[quotas]
stored_bytes = "2MiB"
[quotas.clients."curve:a"]
channels = 7
[account]
max_fee_gwei = "0.5"
[http]
address = "[::1]:80"
`,
  })
  expect(chain).toMatchObject({
    adjudicator: '0xabcdef0123456789abcdef0123456789abcdef01',
    poll_interval: 1000,
    request_timeout: 10_000,
  })
  expect(quotas).toMatchObject({ stored_bytes: 2 * 2 ** 20, clients: { 'curve:a': { channels: 7 } } })
  expect(account.max_fee_gwei).toBe(500_000_000n)
  expect(http.address).toEqual({ host: '::1', port: 80 })
  expect((await configOf({ env: { PERUN_WATCHER_HTTP_ADDRESS: 'off' } })).http.address).toBeUndefined()
})

test('lists of the environment are separated by commas; empty variables are not set', async () => {
  const env = { PERUN_WATCHER_CHAIN_RPC: 'http://a:1, http://b:2,', PERUN_WATCHER_CHAIN_ID: '' }
  const { chain } = await configOf({ env })
  expect(chain).toMatchObject({ rpc: ['http://a:1', 'http://b:2'] })
  expect(chain.id).toBeUndefined()
})

test('all problems are told at once, each with its place, its value and what to do', async () => {
  const { message, problems } = await problemsOf({
    toml: '[chian]\nid = 1\n[chain]\npoll_intervall = "1s"\nfinality_depth = "many"\n[log]\nlevel = 3\n',
    env: { PERUN_WATCHER_EVENTS_MAILBOX_LIMIT: '-1', PERUN_WATCHER_LOG_LEVL: 'info' },
    flags: { 'listen.endpoints': 'tcp://nowhere' },
  })
  expect(problems).toHaveLength(7)
  for (const part of [
    /\[chian\] is not a setting \(file .*config.toml\)\. Did you mean chain\?/,
    /chain\.poll_intervall is not a setting .* Did you mean chain\.poll_interval\?/,
    /chain\.finality_depth must be a whole number from 0 to 1000000\. Got "many"\. Correct it \(file .*\)/,
    /log\.level must be .*"info".* Got 3\./,
    /events\.mailbox_limit must be .* Got -1\. Correct it \(environment PERUN_WATCHER_EVENTS_MAILBOX_LIMIT\)/,
    /PERUN_WATCHER_LOG_LEVL is not a setting .* Did you mean PERUN_WATCHER_LOG_LEVEL\?/,
    /listen\.endpoints must be .* Correct it \(flag --listen-endpoints\)/,
  ]) {
    expect(message).toMatch(part)
  }
})

test('a key in the wrong section is pointed to the right one', async () => {
  expect((await problemsOf({ toml: '[chain]\nrefute_depth = 1\n' })).message).toContain(
    'Did you mean dispute.refute_depth?',
  )
})

test.each([
  ['a secret in the file', { toml: '[account]\nkey = "0xdeadbeefdeadbeef"\n' }, 'deadbeef'],
  ['a URL with a key on the command line', { flags: { 'chain.rpc': 'https://node/v2/deadbeef' } }, 'deadbeef'],
  ['a URL with a password on the command line', { flags: { 'chain.rpc': 'https://me:deadbeef@node' } }, 'deadbeef'],
  ['a wrong URL with a key', { toml: '[chain]\nrpc = ["ftp://node/deadbeef"]\n' }, 'deadbeef'],
  ['no URL at all', { toml: '[chain]\nrpc = ["node/deadbeef"]\n' }, 'deadbeef'],
  ['TOML that breaks off after a key', { toml: '[chain]\nrpc = ["https://node/deadbeef"\n[x' }, 'deadbeef'],
])('%s is refused, and the secret is not repeated', async (_, sources, secret) => {
  expect((await problemsOf(sources)).message).not.toContain(secret)
})

test('what Kubernetes sets for a service of this name is no misspelt setting', async () => {
  const env = { PERUN_WATCHER_SERVICE_HOST: '10.0.0.1', PERUN_WATCHER_PORT_7350_TCP: 'tcp://10.0.0.1:7350' }
  expect(await configOf({ env })).toEqual(await configOf({}))
})

test.each([
  ['two sources of accounts', { toml: '[account]\nkey_file = "a"\nmnemonic_file = "b"\n' }, 'Give one of them'],
  ['a keystore without a password', { toml: '[account]\nkeystore_file = "a"\n' }, 'account.password_file'],
  ['URLs twice', { toml: '[chain]\nrpc = ["http://a"]\nrpc_file = "b"\n' }, 'Both chain.rpc and chain.rpc_file'],
  ['ethers over a socket', { toml: '[chain]\nrpc = ["ws://a"]\nlibrary = "ethers"\n' }, 'must be http or https'],
  [
    'plain text to other machines',
    { toml: '[listen]\nendpoints = ["tcp://0.0.0.0:1"]\nsecurity = "plaintext-on-loopback"\n' },
    'listen.endpoints has tcp://0.0.0.0:1',
  ],
  [
    'plain text over gRPC to other machines',
    { toml: '[listen]\ngrpc_addresses = ["[::1]:1", "[::]:1"]\ngrpc_security = "plaintext-on-loopback"\n' },
    'listen.grpc_security is "plaintext-on-loopback", and listen.grpc_addresses has [::]:1. Use "tls"',
  ],
  ['a watcher without doors', { toml: '[listen]\nendpoints = []\n' }, 'no client could connect'],
  ['a certificate without its key', { toml: '[listen]\ngrpc_certificate_file = "a"\n' }, 'Set listen.grpc_key_file'],
  ['a gRPC address with a scheme', { toml: '[listen]\ngrpc_addresses = ["tcp://h:1"]\n' }, 'must be a list of hosts'],
  ['a gRPC address without a port', { toml: '[listen]\ngrpc_addresses = ["localhost"]\n' }, 'must be a list of hosts'],
] as const)('%s is refused', async (_, sources, part) => {
  expect((await problemsOf(sources)).message).toContain(part)
})

test('what is missing is told in every form it can be written in', async () => {
  using folder = temporaryFolder()
  const { missing } = await load(folder, { toml: '[chain]\nid = 5\n' })
  expect(missing.map(({ key }) => key)).toEqual(['chain.rpc', 'chain.adjudicator', 'account.keystore_file'])
  expect(missing[0]?.remedy).toBe(
    'Write rpc = ["http://127.0.0.1:8545"] below [chain], or set PERUN_WATCHER_CHAIN_RPC=http://127.0.0.1:8545, or --chain-rpc http://127.0.0.1:8545.',
  )
})

test('the file is that of the flag, of the variable, or the first usual one', async () => {
  using folder = temporaryFolder()
  const env = { HOME: folder.path, XDG_CONFIG_HOME: '' }
  mkdirSync(folder.in('.config/perun-watcher'), { recursive: true })
  const [usual, named] = [folder.in('.config/perun-watcher/config.toml'), folder.in('named.toml')]
  for (const path of [usual, named]) writeFileSync(path, '')
  const fileOf = async (file: string | undefined, more = {}) =>
    (await loadConfig({ file, env: { ...env, ...more }, flags: new Map() })).file
  expect(await fileOf(undefined)).toBe(usual)
  expect(await fileOf(undefined, { PERUN_WATCHER_CONFIG: named })).toBe(named)
  expect(await fileOf(named, { PERUN_WATCHER_CONFIG: usual })).toBe(named)
  await expect(fileOf(folder.in('gone.toml'))).rejects.toThrow(/gone\.toml cannot be read/)
})

test('no two settings share an environment variable or a flag, and secrets have no flag', () => {
  for (const names of [catalogue.flatMap(({ env }) => env ?? []), catalogue.flatMap(({ flag }) => flag ?? [])]) {
    expect(new Set(names).size).toBe(names.length)
  }
  for (const { secrecy, flag } of catalogue) if (secrecy === 'secret') expect(flag).toBeUndefined()
  expect(settingOf('chain.poll_interval')).toMatchObject({
    env: 'PERUN_WATCHER_CHAIN_POLL_INTERVAL',
    flag: '--chain-poll-interval',
  })
})

test('the smallest file of the reference page is complete', async () => {
  using folder = temporaryFolder()
  const [, toml = ''] = /```toml\n([^`]*)```/.exec(configurationPage()) ?? []
  expect(Object.keys(parse(toml))).toContain('chain')
  expect((await load(folder, { toml })).missing).toEqual([])
})
