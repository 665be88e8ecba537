import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { Logger } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { generateTlsKeys, publicKeyHashOf } from '@perun-watcher/transport-grpc'
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
import { keyMakers } from '../../src/listen/key-makers.ts'
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
  const keys = await ownKeys({ config, places, make: keyMakers, logger })
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
  expect((await keysIn(folder, off)).keys).toEqual({ curve: undefined, tls: undefined, receipts: undefined })
})

const overGrpc = { PERUN_WATCHER_LISTEN_ENDPOINTS: ',', PERUN_WATCHER_LISTEN_GRPC_ADDRESSES: '127.0.0.1:0' }

test('a TLS key with its certificate is made once where gRPC is asked for, loudly, and no CURVE key', async () => {
  using folder = temporaryFolder()
  const { keys, said, places } = await keysIn(folder, overGrpc)
  expect(keys.curve).toBeUndefined()
  expect(said[0]).toContain(publicKeyHashOf(keys.tls?.certificate ?? ''))
  expect(said.join()).not.toContain('PRIVATE')
  expect(keys.tls?.certificate).not.toContain('PRIVATE')
  expect(statSync(places.tlsKey).mode & 0o777).toBe(0o600)
  const again = await keysIn(folder, overGrpc)
  expect(again.said).toEqual([])
  expect(again.keys.tls).toEqual(keys.tls)
  expect(existsSync(places.curveKey)).toBe(false)
})

test('key and certificate may be in files of their own, and only the key is a secret', async () => {
  using folder = temporaryFolder()
  const pair = generateTlsKeys()
  writeFileSync(folder.in('key.pem'), `a note\n${pair.privateKey}`, { mode: 0o600 })
  writeFileSync(folder.in('crt.pem'), pair.certificate, { mode: 0o644 })
  const named = {
    ...overGrpc,
    PERUN_WATCHER_LISTEN_GRPC_KEY_FILE: folder.in('key.pem'),
    PERUN_WATCHER_LISTEN_GRPC_CERTIFICATE_FILE: folder.in('crt.pem'),
  }
  const { tls } = (await keysIn(folder, named)).keys
  expect(publicKeyHashOf(tls?.certificate ?? '')).toBe(publicKeyHashOf(pair.certificate))
  chmodSync(folder.in('key.pem'), 0o640)
  await expect(keysIn(folder, named)).rejects.toThrow(/chmod 600/)
})

test.each<[string, (pair: { readonly certificate: string; readonly privateKey: string }) => string, RegExp]>([
  ['no key', ({ certificate }) => certificate, /listen\.grpc_key_file.*private key.*keygen tls-server/s],
  ['no certificate', ({ privateKey }) => privateKey, /listen\.grpc_certificate_file must name a file that does/],
  ['a certificate of another key', (pair) => pair.privateKey + generateTlsKeys().certificate, /does not belong/],
  ['a key that is none', (pair) => pair.privateKey.replace(/\n.{4}/, '\n????') + pair.certificate, /cannot be read/],
])('a TLS file with %s is refused, with its path and without the key', async (_, textOf, why) => {
  using folder = temporaryFolder()
  const path = folder.in('tls.pem')
  const pair = generateTlsKeys()
  writeFileSync(path, textOf(pair), { mode: 0o600 })
  const error: unknown = await keysIn(folder, { ...overGrpc, PERUN_WATCHER_LISTEN_GRPC_KEY_FILE: path }).catch(
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ code: 'OPTION_INVALID' })
  expect(String(error)).toMatch(why)
  expect(String(error)).toContain(path)
  for (const line of pair.privateKey.split('\n').slice(1, -2)) expect(String(error)).not.toContain(line)
})

test('a key file is never overwritten', async () => {
  using folder = temporaryFolder()
  await writeNewKeyFile(folder.in('key'), 'one')
  await expect(writeNewKeyFile(folder.in('key'), 'two')).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  expect(readFileSync(folder.in('key'), 'utf8')).toBe('one')
})

test('clients are those of the list and of the file, by key or by name; a hash may begin a key', async () => {
  using folder = temporaryFolder()
  const [listed, filed, hashed] = ['a'.repeat(40), 'b'.repeat(40), `#${'c'.repeat(39)}`]
  const [named, byTls] = [`curve:${'d'.repeat(40)}`, `tls:${'0'.repeat(64)}`]
  writeFileSync(folder.in('clients'), `# the first floor\n${filed}\n\n  ${hashed}\n#\n${byTls}\n`)
  const env = {
    PERUN_WATCHER_LISTEN_CLIENTS: `${listed},${named}`,
    PERUN_WATCHER_LISTEN_CLIENTS_FILE: folder.in('clients'),
  }
  const names = new Set([`curve:${listed}`, named, `curve:${filed}`, `curve:${hashed}`, byTls])
  expect(await allowedClients(configOf(env).listen)).toEqual({ listed: names, tokens: new Map() })
  expect((await allowedClients(configOf({ ...env, ...overGrpc }).listen)).listed).toEqual(names)
  const open = { ...env, PERUN_WATCHER_LISTEN_ENROLMENT: 'open' }
  expect((await allowedClients(configOf(open).listen)).listed).toBeUndefined()
  for (const wrong of ['short', 'tls:ABCDEF', `tls:${'0'.repeat(40)}`, 'plain:ann', 'token:ann']) {
    writeFileSync(folder.in('clients'), `${filed}\n${wrong}\n`)
    await expect(allowedClients(configOf(env).listen)).rejects.toThrow(`"${wrong}"`)
  }
})

test('where nobody proves a key a list would keep out nobody, and where all show tokens only those may', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.in('tokens'), `ann ${'0'.repeat(64)}\n`)
  const listedBy = async (env: Record<string, string>) => (await allowedClients(configOf(env).listen)).listed
  const plainGrpc = { ...overGrpc, PERUN_WATCHER_LISTEN_GRPC_SECURITY: 'plaintext-on-loopback' }
  const tokens = { PERUN_WATCHER_LISTEN_GRPC_TOKENS_FILE: folder.in('tokens') }
  expect(await listedBy({ PERUN_WATCHER_LISTEN_SECURITY: 'plaintext-on-loopback' })).toBeUndefined()
  expect(await listedBy(plainGrpc)).toBeUndefined()
  expect(await listedBy({ ...plainGrpc, ...tokens, PERUN_WATCHER_LISTEN_ENROLMENT: 'open' })).toEqual(new Set())
  expect(await listedBy({ ...plainGrpc, PERUN_WATCHER_LISTEN_ENDPOINTS: 'tcp://127.0.0.1:*' })).toEqual(new Set())
})

test('tokens are known by their hashes, one client per line; a mistake is told by its line and not repeated', async () => {
  using folder = temporaryFolder()
  const path = folder.in('tokens')
  const [one, two] = ['1'.repeat(64), 'f'.repeat(64)]
  const { listen } = configOf({ ...overGrpc, PERUN_WATCHER_LISTEN_GRPC_TOKENS_FILE: path })
  writeFileSync(path, `# phones\nann ${one}\n\n  b.e-n\t${two}\r\n`)
  expect((await allowedClients(listen)).tokens).toEqual(
    new Map([
      ['token:ann', one],
      ['token:b.e-n', two],
    ]),
  )
  const wrong: readonly (readonly [string, RegExp])[] = [
    [`ann ${one}\nann ${two}\n`, /names ann twice, again on line 2/],
    [`ann\n`, /line 1 is none/],
    [`\nann.a-secret-token\n`, /line 2 is none/],
    [`ann ${one.toUpperCase().replace('1', 'A')}\n`, /line 1 is none/],
    [`.ann ${one}\n`, /line 1 is none/],
  ]
  for (const [text, why] of wrong) {
    writeFileSync(path, text)
    const error: unknown = await allowedClients(listen).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'OPTION_INVALID' })
    expect(String(error)).toMatch(why)
    expect(String(error)).not.toContain('secret-token')
  }
  const gone = configOf({ ...overGrpc, PERUN_WATCHER_LISTEN_GRPC_TOKENS_FILE: folder.in('gone') }).listen
  await expect(allowedClients(gone)).rejects.toThrow(/listen\.grpc_tokens_file.*ENOENT/s)
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

test('what a process with the same number left half written when it was killed is in nobody’s way', async () => {
  using folder = temporaryFolder()
  const path = folder.in('tls.pem')
  // In a container every daemon has the same number.
  writeFileSync(`${path}.partial-${process.pid}`, '-----BEGIN')
  await writeNewKeyFile(path, 'whole')
  expect(readFileSync(path, 'utf8')).toBe('whole')
  expect(existsSync(`${path}.partial-${process.pid}`)).toBe(false)
})
