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
const large = ['viem', 'ethers', 'ox', 'pino', 'prom-client', 'lmdb', 'zeromq', '@perun-watcher/chain-evm'] as const

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
  const allowed = args[0] === 'keygen' ? ['zeromq'] : []
  expect(packages.filter((name) => large.some((each) => each === name) && !allowed.includes(name))).toEqual([])
})

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
