import { writeFileSync } from 'node:fs'
import { encryptKeystoreJsonSync, Wallet } from 'ethers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BuiltProgram, builtProgram } from '../support/built-program.ts'
import { type Folder, temporaryFolder } from '../support/run-main.ts'

let program: BuiltProgram
let folder: Folder

beforeAll(() => {
  program = builtProgram()
  folder = temporaryFolder()
})
afterAll(() => {
  program[Symbol.dispose]()
  folder[Symbol.dispose]()
})

/** What no command loads that needs neither a chain nor a store nor a socket. */
const large = [
  'viem',
  'ethers',
  'ox',
  'pino',
  'prom-client',
  'lmdb',
  'zeromq',
  '@grpc/grpc-js',
  '@perun-watcher/chain-evm',
  '@perun-watcher/transport-grpc',
] as const

test.each([['--version'], ['-V']])('%s loads no package', (flag) => {
  const { code, packages, hasSchemas } = program.run([flag])
  expect({ code, packages, hasSchemas }).toEqual({ code: 0, packages: [], hasSchemas: false })
})

test('status against nobody loads no schemas', () => {
  const { code, err, packages, hasSchemas } = program.run(['status', '--data-directory', folder.in('nowhere')])
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('No daemon is running') })
  expect(packages).toEqual(['@commander-js/extra-typings', '@perun-watcher/core', 'picocolors'])
  expect(hasSchemas).toBe(false)
})

test('status with nothing configured loads no schemas either', () => {
  expect(program.run(['status']).hasSchemas).toBe(false)
  expect(program.run(['check-config']).hasSchemas).toBe(true)
})

test.each([
  [['--help'], 0],
  [['help', 'status'], 0],
  [['nonsense'], 2],
  [['check-config', '--chain-library', 'ethers'], 1],
  [['status', '--data-directory', 'nowhere'], 1],
  [['check-config', '--listen-grpc-addresses', '127.0.0.1:0'], 1],
  [['keygen', 'receipts', 'receipt.key'], 0],
  [['keygen', 'account', 'keystore.json', '--password-file', 'password'], 0],
  [['reload', '--data-directory', 'nowhere'], 1],
  [['restore', 'nowhere', '--help'], 0],
  [['run', '--help'], 0],
  [['doctor', '--help'], 0],
])('%j loads no client library', (args, expected) => {
  writeFileSync(folder.in('password'), 'a password\n', { mode: 0o600 })
  const inFolder = args.map((arg) => (/^(?:nowhere|password|.*\.(?:key|json))$/.test(arg) ? folder.in(arg) : arg))
  const { code, packages } = program.run(inFolder)
  expect(code).toBe(expected)
  expect(packages.filter((name) => large.some((each) => each === name))).toEqual([])
})

const [zmq, grpc] = [
  ['@perun-watcher/transport-zmq', 'zeromq'],
  ['@grpc/grpc-js', '@perun-watcher/transport-grpc'],
] as const

const transportsIn = (packages: readonly string[]): readonly string[] =>
  packages.filter((name) => [...zmq, ...grpc].some((each) => each === name))

test.each([
  [['device', 'device.key'], zmq],
  [['tls-device', 'device.pem'], grpc],
  [['token', 'token.key', '--client', 'ann'], grpc],
])('keygen %j loads the library of its transport and not the other one', (args, expected) => {
  const [kind = '', file = '', ...more] = args
  const { code, packages } = program.run(['keygen', kind, folder.in(`of-${kind}-${file}`), ...more])
  expect(code).toBe(0)
  expect(transportsIn(packages)).toEqual([...expected])
})

/** A daemon whose endpoint is down: it loads what it is told to use, and ends. */
const ofAChain = {
  PERUN_WATCHER_CHAIN_RPC: 'http://127.0.0.1:1',
  PERUN_WATCHER_CHAIN_ID: '1',
  PERUN_WATCHER_CHAIN_ADJUDICATOR: `0x${'11'.repeat(20)}`,
  PERUN_WATCHER_ACCOUNT_KEY: `0x${'11'.repeat(32)}`,
  PERUN_WATCHER_HTTP_ADDRESS: 'off',
}

test.each([
  ['nothing about it', {}, zmq],
  ['no gRPC address', { PERUN_WATCHER_LISTEN_GRPC_KEY_FILE: '/nowhere/tls.pem' }, zmq],
  ['gRPC instead', { PERUN_WATCHER_LISTEN_ENDPOINTS: ',', PERUN_WATCHER_LISTEN_GRPC_ADDRESSES: '127.0.0.1:0' }, grpc],
  ['both', { PERUN_WATCHER_LISTEN_GRPC_ADDRESSES: '127.0.0.1:0' }, [...grpc, ...zmq].toSorted()],
])(
  'with %s in its configuration, neither run nor doctor loads a transport that is not asked for',
  (what, env, expected) => {
    const data = folder.in(`data of ${what}`)
    const run = program.run(['run', '--data-directory', data], { ...ofAChain, ...env })
    expect({ code: run.code, err: run.err }).toEqual({ code: 75, err: expect.stringContaining('CHAIN_UNREACHABLE') })
    expect(transportsIn(run.packages)).toEqual([...expected])
    const doctor = program.run(['doctor', '--data-directory', data], { ...ofAChain, ...env })
    expect(doctor.code).toBe(1)
    expect(transportsIn(doctor.packages)).toEqual(
      transportsIn(run.packages).filter((name) => !zmq.some((each) => each === name)),
    )
  },
)

test.each([
  ['viem', 'ethers'],
  ['ethers', 'viem'],
])('run through %s does not load %s, not even for a keystore', (library, other) => {
  const wallet = new Wallet(`0x${'11'.repeat(32)}`)
  const keystore = folder.in(`keystore-of-${library}`)
  writeFileSync(keystore, encryptKeystoreJsonSync(wallet, 'a password', { scrypt: { N: 2 } }), { mode: 0o600 })
  const { code, err, packages } = program.run(
    ['run', '--data-directory', folder.in(library), '--http-address', 'off', '--listen-endpoints', 'tcp://127.0.0.1:*'],
    {
      PERUN_WATCHER_CHAIN_LIBRARY: library,
      PERUN_WATCHER_CHAIN_RPC: 'http://127.0.0.1:1',
      PERUN_WATCHER_CHAIN_ID: '1',
      PERUN_WATCHER_CHAIN_ADJUDICATOR: `0x${'11'.repeat(20)}`,
      PERUN_WATCHER_ACCOUNT_KEYSTORE_FILE: keystore,
      PERUN_WATCHER_ACCOUNT_PASSWORD: 'a password',
    },
  )
  expect({ code, err }).toEqual({ code: 75, err: expect.stringContaining('CHAIN_UNREACHABLE') })
  expect(packages).toEqual(expect.arrayContaining([library, `@perun-watcher/chain-${library}`, 'lmdb']))
  expect(packages.filter((name) => name === other || name === `@perun-watcher/chain-${other}`)).toEqual([])
})
