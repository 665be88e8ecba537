import { writeFileSync } from 'node:fs'
import { generateTlsKeys, publicKeyHashOf } from '@perun-watcher/transport-grpc'
import { expect, test } from 'vitest'
import { subjectsOf } from '../../../src/commands/doctor/subjects.ts'
import { checkTlsKeys } from '../../../src/commands/doctor/tls-checks.ts'
import { mergeLayers } from '../../../src/config/load.ts'
import { dataPlaces } from '../../../src/config/places.ts'
import { environmentLayer } from '../../../src/config/text-layers.ts'
import { type Folder, temporaryFolder } from '../../support/run-main.ts'

const today = Date.parse('2026-01-31') / 1000

function look(folder: Folder, env: Readonly<Record<string, string>>, now = today) {
  const { listen } = mergeLayers([environmentLayer(env)])
  return checkTlsKeys(listen, dataPlaces({ data: { directory: folder.path } }, {}), now)
}

const overGrpc = { PERUN_WATCHER_LISTEN_GRPC_ADDRESSES: '127.0.0.1:7351' }

test('without gRPC or without TLS there is nothing to look at, and a key that run will make is no complaint', async () => {
  using folder = temporaryFolder()
  expect(await look(folder, {})).toEqual([])
  expect(await look(folder, { ...overGrpc, PERUN_WATCHER_LISTEN_GRPC_SECURITY: 'plaintext-on-loopback' })).toEqual([])
  expect(await look(folder, overGrpc)).toMatchObject([{ check: 'keys.tls', status: 'ok' }])
})

test('a key and its certificate are told by the hash that clients know; its dates are looked at', async () => {
  using folder = temporaryFolder()
  const { certificate, privateKey } = generateTlsKeys()
  writeFileSync(folder.in('tls.pem'), privateKey + certificate, { mode: 0o600 })
  const hash = publicKeyHashOf(certificate)
  expect(await look(folder, overGrpc)).toMatchObject([{ status: 'ok', found: expect.stringContaining(hash) }])
  const [before, after] = [Date.parse('2019-12-31') / 1000, Date.parse('9999-12-31T23:59:59Z') / 1000 + 1]
  expect(await look(folder, overGrpc, before)).toMatchObject([
    { status: 'warn', found: expect.stringContaining('not valid before'), remedy: expect.any(String) },
  ])
  expect(await look(folder, overGrpc, after)).toMatchObject([
    { status: 'warn', found: expect.stringContaining('was valid until'), remedy: expect.stringContaining('same key') },
  ])
})

test('a certificate of another key fails, with both files and what to do', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.in('key.pem'), generateTlsKeys().privateKey, { mode: 0o600 })
  writeFileSync(folder.in('crt.pem'), generateTlsKeys().certificate)
  const named = {
    ...overGrpc,
    PERUN_WATCHER_LISTEN_GRPC_KEY_FILE: folder.in('key.pem'),
    PERUN_WATCHER_LISTEN_GRPC_CERTIFICATE_FILE: folder.in('crt.pem'),
  }
  const [finding] = await look(folder, named)
  expect(finding).toMatchObject({ status: 'fail', remedy: expect.any(String) })
  for (const part of ['grpc_certificate_file', folder.in('key.pem'), folder.in('crt.pem'), 'does not belong']) {
    expect(finding?.found).toContain(part)
  }
})

test('gRPC addresses are tried like those of ZeroMQ, and a key file that is named must be private', () => {
  const env = { ...overGrpc, PERUN_WATCHER_LISTEN_GRPC_KEY_FILE: '/etc/key.pem', PERUN_WATCHER_HTTP_ADDRESS: 'off' }
  const { listening, secretFiles } = subjectsOf(mergeLayers([environmentLayer(env)]), dataPlaces({ data: {} }, {}))
  expect(listening).toEqual([
    { option: 'listen.endpoints', host: '127.0.0.1', port: 7350 },
    { option: 'listen.grpc_addresses', host: '127.0.0.1', port: 7351 },
  ])
  expect(secretFiles).toEqual([{ option: 'listen.grpc_key_file', path: '/etc/key.pem' }])
})
