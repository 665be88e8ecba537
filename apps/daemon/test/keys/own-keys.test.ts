import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { Logger } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { generateCurveKeys } from '@perun-watcher/transport-zmq'
import { expect, test } from 'vitest'
import { mergeLayers } from '../../src/config/load.ts'
import { dataPlaces } from '../../src/config/places.ts'
import { environmentLayer } from '../../src/config/text-layers.ts'
import { allowedClients } from '../../src/keys/allowed-clients.ts'
import { prepareDataDirectory } from '../../src/keys/data-directory.ts'
import { writeNewKeyFile } from '../../src/keys/new-key-file.ts'
import { ownKeys } from '../../src/keys/own-keys.ts'
import { receiptPublicKey, receiptSeed } from '../../src/keys/receipt-key-file.ts'
import { loadRpcUrls } from '../../src/keys/rpc-urls.ts'
import { type Folder, temporaryFolder } from '../support/run-main.ts'

const configOf = (env: Record<string, string>) => mergeLayers([environmentLayer(env)])

async function keysIn(folder: Folder, env: Record<string, string> = {}) {
  const said: string[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => said.push(`${message} ${fields?.['publicKey']}`),
  }
  const config = configOf(env)
  const places = dataPlaces({ data: { directory: folder.in('data') } }, {})
  const keys = await ownKeys({ config, places, generateCurve: generateCurveKeys, logger })
  return { keys, said, places }
}

test('keys are made once, loudly, for the owner only, and found again', async () => {
  using folder = temporaryFolder()
  const { keys, said, places } = await keysIn(folder)
  const receipts = keys.receipts && receiptPublicKey(keys.receipts)
  expect(said).toEqual([expect.stringContaining(`${keys.curve?.publicKey}`), expect.stringContaining(`${receipts}`)])
  expect(said.join()).not.toContain(keys.curve?.secretKey)
  for (const path of [places.curveKey, places.receiptKey]) expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(keys.receipts && receiptSeed(keys.receipts)).toHaveLength(32)

  const again = await keysIn(folder)
  expect(again.said).toEqual([])
  expect(again.keys.curve).toEqual(keys.curve)
  expect(again.keys.receipts?.equals(keys.receipts ?? again.keys.receipts)).toBe(true)
})

test('a key file that is named is never made, and damaged or open ones are refused', async () => {
  using folder = temporaryFolder()
  const named = { PERUN_WATCHER_LISTEN_KEY_FILE: folder.in('curve.key') }
  await expect(keysIn(folder, named)).rejects.toThrow(/listen\.key_file/)
  const { places } = await keysIn(folder)
  const text = readFileSync(places.curveKey, 'utf8')
  for (const broken of ['', 'public = 1', text.replace('secret =', 'secrt ='), '= nothing']) {
    writeFileSync(places.curveKey, broken)
    await expect(keysIn(folder)).rejects.toThrow(/perun-watcher keygen/)
  }
  writeFileSync(places.curveKey, text)
  chmodSync(places.curveKey, 0o644)
  await expect(keysIn(folder)).rejects.toThrow(/chmod 600/)
})

test('without CURVE and receipts no keys are made', async () => {
  using folder = temporaryFolder()
  const off = { PERUN_WATCHER_LISTEN_SECURITY: 'plaintext-on-loopback', PERUN_WATCHER_RECEIPTS_ENABLED: 'false' }
  expect((await keysIn(folder, off)).keys).toEqual({ curve: undefined, receipts: undefined })
})

test('a key file is never overwritten', async () => {
  using folder = temporaryFolder()
  await writeNewKeyFile(folder.in('key'), 'one')
  await expect(writeNewKeyFile(folder.in('key'), 'two')).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  expect(readFileSync(folder.in('key'), 'utf8')).toBe('one')
})

test('clients are those of the list and of the file; a hash may begin a key', async () => {
  using folder = temporaryFolder()
  const [listed, filed, hashed] = ['a'.repeat(40), 'b'.repeat(40), `#${'c'.repeat(39)}`]
  writeFileSync(folder.in('clients'), `# the first floor\n${filed}\n\n  ${hashed}\n#\n`)
  const env = { PERUN_WATCHER_LISTEN_CLIENTS: listed, PERUN_WATCHER_LISTEN_CLIENTS_FILE: folder.in('clients') }
  expect(await allowedClients(configOf(env).listen)).toEqual(new Set([listed, filed, hashed]))
  expect(await allowedClients(configOf({ ...env, PERUN_WATCHER_LISTEN_ENROLMENT: 'open' }).listen)).toBeUndefined()
  writeFileSync(folder.in('clients'), `${filed}\nshort\n`)
  await expect(allowedClients(configOf(env).listen)).rejects.toThrow(/"short"/)
})

test('endpoints come from a private file, one per line', async () => {
  using folder = temporaryFolder()
  const path = folder.in('rpc')
  const { chain } = configOf({ PERUN_WATCHER_CHAIN_RPC_FILE: path })
  writeFileSync(path, 'https://node/key\n\nwss://other/key\n', { mode: 0o600 })
  expect(await loadRpcUrls(chain)).toEqual(['https://node/key', 'wss://other/key'])
  for (const wrong of ['', 'ftp://node/key']) {
    writeFileSync(path, wrong)
    await expect(loadRpcUrls(chain)).rejects.toThrow(/one URL per line/)
  }
  chmodSync(path, 0o644)
  await expect(loadRpcUrls(chain)).rejects.toThrow(/chmod 600/)
})

test('the data directory is made for its owner; one that others may write in is refused', async () => {
  using folder = temporaryFolder()
  const path = folder.in('a/b')
  await prepareDataDirectory(path, silentLogger)
  expect(statSync(path).mode & 0o777).toBe(0o700)
  const warned: string[] = []
  chmodSync(path, 0o755)
  await prepareDataDirectory(path, { ...silentLogger, warn: (message) => warned.push(message) })
  expect(warned).toHaveLength(1)
  chmodSync(path, 0o770)
  await expect(prepareDataDirectory(path, silentLogger)).rejects.toThrow(/chmod 700/)
})
