import { chmodSync, symlinkSync, writeFileSync } from 'node:fs'
import { isWatcherError } from '@perun-watcher/core'
import { encryptKeystoreJsonSync, HDNodeWallet } from 'ethers'
import { expect, test } from 'vitest'
import type { Config } from '../../src/config/schema.ts'
import { loadAccounts } from '../../src/keys/accounts.ts'
import { type Folder, temporaryFolder } from '../support/run-main.ts'

/** Known from the documentation of every development chain. */
const mnemonic = 'test test test test test test test test test test test junk'
const first = {
  address: '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
  privateKey: '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
}

const settings = (given: Partial<Config['account']>): Config['account'] => ({
  count: 1,
  max_fee_gwei: 1n,
  min_tip_gwei: 1n,
  max_pending: 1,
  min_balance_ether: 1n,
  ...given,
})

function file(folder: Folder, name: string, text: string, mode = 0o600): string {
  writeFileSync(folder.in(name), text)
  chmodSync(folder.in(name), mode)
  return folder.in(name)
}

async function refusal(given: Partial<Config['account']>): Promise<string> {
  const error: unknown = await loadAccounts(settings(given)).catch((thrown: unknown) => thrown)
  if (!isWatcherError(error)) throw new Error(`not refused: ${String(error)}`)
  expect(error.code).toBe('OPTION_INVALID')
  return error.message
}

test('an account comes from a keystore, a mnemonic or a raw key, in a file or not', async () => {
  using folder = temporaryFolder()
  const keystore_file = file(folder, 'keystore', encryptKeystoreJsonSync(first, 'a password', { scrypt: { N: 2 } }))
  const password_file = file(folder, 'password', 'a password\n')
  for (const given of [
    { keystore_file, password_file },
    { keystore_file, password: 'a password' },
    { mnemonic },
    { mnemonic_file: file(folder, 'mnemonic', `  ${mnemonic.replace(' ', '\n')}\n`) },
    { key: first.privateKey },
    { key_file: file(folder, 'key', `${first.privateKey}\n`, 0o400) },
  ]) {
    expect(await loadAccounts(settings(given))).toEqual([first])
  }
  expect(await loadAccounts(settings({}))).toEqual([])
})

test('a keystore or a raw key gives as many accounts as asked for: itself, and what BIP-32 derives from it', async () => {
  const key = first.privateKey
  const tree = HDNodeWallet.fromSeed(key)
  const accounts = await loadAccounts(settings({ key, count: 3 }))
  const others = [1, 2].map((index) => tree.derivePath(`m/44'/60'/0'/0/${index}`))
  expect(accounts).toEqual([
    first,
    ...others.map(({ address, privateKey }) => ({ address: address.toLowerCase(), privateKey })),
  ])
  using folder = temporaryFolder()
  const keystore_file = file(folder, 'keystore', encryptKeystoreJsonSync(first, 'a password', { scrypt: { N: 2 } }))
  expect(await loadAccounts(settings({ keystore_file, password: 'a password', count: 3 }))).toEqual(accounts)
})

test('where nobody says how many, a mnemonic gives several, and a key one', async () => {
  expect(await loadAccounts(settings({ mnemonic, count: undefined }))).toHaveLength(4)
  expect(await loadAccounts(settings({ key: first.privateKey, count: undefined }))).toHaveLength(1)
})

test('a mnemonic gives as many accounts as asked for, each another', async () => {
  const accounts = await loadAccounts(settings({ mnemonic, count: 3 }))
  expect(accounts.map(({ address }) => address)).toEqual([
    first.address,
    '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
    '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc',
  ])
})

test.each([0o640, 0o604, 0o660, 0o601])('a file of mode %o is refused, with the remedy', async (mode) => {
  using folder = temporaryFolder()
  const key_file = file(folder, 'key', first.privateKey, mode)
  expect(await refusal({ key_file })).toContain(`chmod 600 ${key_file}`)
})

test('a link counts as what it leads to', async () => {
  using folder = temporaryFolder()
  symlinkSync(file(folder, 'key', first.privateKey, 0o644), folder.in('link'))
  expect(await refusal({ key_file: folder.in('link') })).toContain('mode is 644')
})

test('what cannot be used is named by its setting, and nothing of it is repeated', async () => {
  using folder = temporaryFolder()
  const secret = 'deadbeef deadbeef deadbeef'
  const wrong = file(folder, 'wrong', secret)
  const keystore_file = file(folder, 'keystore', encryptKeystoreJsonSync(first, 'a password', { scrypt: { N: 2 } }))
  for (const [given, name] of [
    [{ key: secret }, 'account.key'],
    [{ key: `0x${'f'.repeat(64)}` }, 'account.key'],
    [{ key_file: wrong }, 'account.key'],
    [{ mnemonic: secret }, 'account.mnemonic'],
    [{ keystore_file, password: secret }, 'account.keystore_file'],
    [{ keystore_file: wrong, password: 'a password' }, 'account.keystore_file'],
    [{ key_file: folder.in('nothing') }, 'account.key_file'],
    [{ key_file: folder.path }, 'account.key_file'],
    [{ key_file: file(folder, 'long', 'x'.repeat(100_000)) }, 'account.key_file'],
  ] as const) {
    const message = await refusal(given)
    expect(message).toContain(name)
    expect(message).not.toMatch(/deadbeef|ffffff/)
  }
})
